from pathlib import Path

from django.db import migrations

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [("bookkeeping", "0008_bookings_are_posted")]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
