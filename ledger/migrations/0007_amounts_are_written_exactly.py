from pathlib import Path

from django.db import migrations, models

FORWARD, REVERSE = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_lists_are_walked_from_their_ends")]
    operations = [
        migrations.AlterField(
            model_name="entry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("batch", "trading batch"),
                    ("deposit", "Deposit"),
                    ("withdrawal", "Withdrawal"),
                    ("house", "house booking"),
                    ("adjustment", "Adjustment"),
                ],
                max_length=12,
            ),
        ),
        migrations.RunSQL(FORWARD, REVERSE),
    ]
