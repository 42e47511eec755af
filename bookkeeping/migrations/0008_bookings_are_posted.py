from pathlib import Path

from django.db import migrations

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [
        ("bookkeeping", "0007_house_bookings"),
        ("ledger", "0009_breaks_are_kept"),
    ]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
