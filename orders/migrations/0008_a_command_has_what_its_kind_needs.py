from django.db import migrations, models


class Migration(migrations.Migration):
    """A CHECK is content with NULL: a stop without a trigger passed as one with it."""

    dependencies = [
        ("orders", "0007_the_house_keeps_the_time"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="command",
            name="command_has_its_shape",
        ),
        migrations.AddConstraint(
            model_name="command",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", 2), ("order_id__gt", 0)),
                    models.Q(
                        ("kind", 3),
                        ("order_id__gt", 0),
                        models.Q(
                            ("price__gt", 0),
                            ("quantity__gt", 0),
                            models.Q(
                                ("trigger_price__gt", 0), ("trigger_price__isnull", False)
                            ),
                            _connector="OR",
                        ),
                    ),
                    models.Q(("kind", 4), ("order_id", 0), ("side__in", [0, 1, 2])),
                    models.Q(("kind", 5), ("settings__isnull", False)),
                    models.Q(("kind", 6), ("order_id", 0)),
                    models.Q(
                        ("kind", 1),
                        ("side__in", [1, 2]),
                        models.Q(
                            models.Q(
                                ("price__gt", 0),
                                ("type", 2),
                                ("trigger_price__isnull", True),
                                ("budget", 0),
                                ("quantity__gt", 0),
                            ),
                            models.Q(
                                ("price", 0),
                                ("type", 1),
                                ("trigger_price__isnull", True),
                                models.Q(
                                    models.Q(("budget", 0), ("quantity__gt", 0)),
                                    models.Q(("budget__gt", 0), ("quantity", 0)),
                                    _connector="OR",
                                ),
                            ),
                            models.Q(
                                ("price__gt", 0),
                                ("type__in", [4, 6]),
                                ("trigger_price__gt", 0),
                                ("trigger_price__isnull", False),
                                ("budget", 0),
                                ("quantity__gt", 0),
                            ),
                            models.Q(
                                ("price", 0),
                                ("type__in", [3, 5]),
                                ("trigger_price__gt", 0),
                                ("trigger_price__isnull", False),
                                models.Q(
                                    models.Q(("budget", 0), ("quantity__gt", 0)),
                                    models.Q(
                                        ("budget__gt", 0), ("quantity", 0), ("side", 1)
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            models.Q(
                                ("price", 0),
                                ("type", 7),
                                ("trigger_price__isnull", True),
                                ("budget", 0),
                                ("quantity__gt", 0),
                                models.Q(
                                    models.Q(
                                        ("trail__gt", 0),
                                        ("trail__isnull", False),
                                        ("trail_ppm__isnull", True),
                                    ),
                                    models.Q(
                                        ("trail__isnull", True),
                                        ("trail_ppm__gt", 0),
                                        ("trail_ppm__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="command_has_its_shape",
            ),
        ),
    ]
