from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_lists_are_walked_from_their_ends")]
    operations = [
        migrations.AddField(
            model_name="order",
            name="self_trade",
            field=models.SmallIntegerField(
                choices=[
                    (1, "none"),
                    (2, "cancel_taker"),
                    (3, "cancel_maker"),
                    (4, "cancel_both"),
                    (5, "decrement"),
                ],
                null=True,
            ),
        ),
    ]
