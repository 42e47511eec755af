"""HTTP and WebSocket in one process; hot addresses of HTTP by the fast lane (ADR 0017)."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")

from exchange import embedded, env, supervised  # noqa: F401  env reads .env first

supervised.follow_if_asked()
embedded.hold()

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

from exchange.checks import refuse_unsafe_database
from exchange.lanes.routes import fast_lane
from exchange.routing import websocket

refuse_unsafe_database()
application = ProtocolTypeRouter({"http": fast_lane(http), "websocket": websocket})

# What is there by now stays; the collector need not go through it again and again, nor
# come for every few requests: they leave no circles behind.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)
