from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from reports import tasks
        from reports.signals import export_asked

        export_asked.connect(tasks.wake, dispatch_uid="reports.wake")
