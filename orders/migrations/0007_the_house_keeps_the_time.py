from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0006_stories_are_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ShardClock",
            fields=[
                (
                    "shard",
                    models.PositiveSmallIntegerField(primary_key=True, serialize=False),
                ),
                ("told", models.DateTimeField(null=True)),
                ("looked", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name="market",
            options={
                "permissions": [
                    ("configure_market", "Can change a market's state and settings")
                ]
            },
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["shard", "expires_at"],
                name="command_by_expiry",
            ),
        ),
    ]
