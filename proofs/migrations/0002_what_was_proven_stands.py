from pathlib import Path

from django.db import migrations

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [
        ("proofs", "0001_initial"),
        ("ledger", "0002_the_database_moves_the_money"),
    ]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
