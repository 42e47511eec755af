from django.apps import AppConfig


class MarketdataConfig(AppConfig):
    name = "marketdata"

    def ready(self) -> None:
        from ledger.signals import balances_changed
        from marketdata.hub import bell
        from matching.signals import events_logged

        events_logged.connect(bell.ring_log, dispatch_uid="marketdata.ring_log")
        balances_changed.connect(
            bell.ring_balances, dispatch_uid="marketdata.ring_balances"
        )
