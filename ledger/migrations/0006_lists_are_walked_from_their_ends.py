from pathlib import Path

from django.db import migrations

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_balances_are_found_by_key")]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
