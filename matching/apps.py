from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from matching import tasks
        from orders.signals import commands_logged

        commands_logged.connect(tasks.wake, dispatch_uid="matching.wake")
