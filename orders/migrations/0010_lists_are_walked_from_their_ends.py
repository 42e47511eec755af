from pathlib import Path

from django.db import migrations

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_history_is_listed_behind_the_hot_path")]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
