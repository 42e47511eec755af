from pathlib import Path

from django.db import migrations

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_orders_of_every_type")]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
