from pathlib import Path

from django.db import migrations

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [("proofs", "0002_what_was_proven_stands")]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
