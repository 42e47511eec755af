"""WebSocket addresses, and which pages may open them."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import path, re_path

from marketdata.consumers import Stream

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


async def refuse(_scope: Any, receive: Any, send: Any) -> None:
    """Answer a handshake with 403."""
    await receive()
    await send({"type": "websocket.close"})


class OwnPagesOnly:
    """Refuses the handshakes of foreign pages.

    A browser sends our cookies along whatever page opens the socket, but always names that
    page's origin. Who names none is no browser, and has no cookies but its own.
    """

    def __init__(self, application: Asgi) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a socket, or refuse it with 403."""
        if _is_our_page(dict(scope["headers"])):
            await self.application(scope, receive, send)
        else:
            await refuse(scope, receive, send)


def _is_our_page(headers: dict[bytes, bytes]) -> bool:
    if b"origin" not in headers:
        return True
    origin = headers[b"origin"].decode("latin-1").lower()
    host = headers.get(b"host", b"").decode("latin-1").lower()
    own = f"{'https' if settings.HTTPS else 'http'}://{host}"
    if origin == own:
        # A name that an attacker points at our address is not ours.
        return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    return origin in settings.CSRF_TRUSTED_ORIGINS


addresses = [
    path("ws/v1", Stream.as_asgi()),
    re_path("", refuse),  # type: ignore[arg-type]  # an ASGI application, not a view
]
websocket = OwnPagesOnly(AuthMiddlewareStack(URLRouter(addresses)))
