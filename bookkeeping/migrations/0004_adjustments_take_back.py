from pathlib import Path

from django.db import migrations

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [
        ("bookkeeping", "0003_adjustments"),
        ("ledger", "0007_amounts_are_written_exactly"),
    ]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
