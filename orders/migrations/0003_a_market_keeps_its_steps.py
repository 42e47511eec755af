from pathlib import Path

from django.db import migrations

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_logs_are_append_only")]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
