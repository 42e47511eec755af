"""The socket: reads frames, answers them, and sends what its outbox holds."""

import asyncio
import time
from contextlib import suppress
from typing import Any, Final

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import InterfaceError, OperationalError

from accounts.errors import NotAuthenticated
from accounts.selectors import credential_of_session, credential_of_token
from kernel import clock
from kernel.errors import ExchangeError, Unavailable
from marketdata.commands import (
    AnyFrame,
    Auth,
    CancelOnDisconnect,
    Ping,
    Subscribe,
    Topic,
    Unsubscribe,
    channel_of,
    read_frame,
)
from marketdata.errors import (
    FrameTooLarge,
    MalformedFrame,
    TooManyFrames,
    TooManySubscriptions,
)
from marketdata.hub import encode, hub
from orders.selectors import market_by_symbol

SUBSCRIPTIONS_MAX: Final = 100
FRAMES_A_SECOND: Final = 100
#: What closes the socket, and how.
CLOSING: Final = {TooManyFrames: 1008, FrameTooLarge: 1009}


class Stream(AsyncWebsocketConsumer):  # type: ignore[misc]
    """docs/websocket.md is the contract."""

    # Nothing travels through a channel layer: a socket needs no Redis to be opened.
    channel_layer_alias = "none"
    writer: asyncio.Task[None] | None = None

    async def __call__(self, *asgi: Any) -> None:
        """Serve one socket, and leave nothing behind however it ends."""
        self.hub = hub()
        self.outbox = self.hub.join()
        self._second, self._frames = 0, 0
        try:
            await super().__call__(*asgi)
        finally:
            self.hub.leave(self.outbox)
            if self.writer:
                self.writer.cancel()

    async def connect(self) -> None:
        await self.accept()
        self.writer = asyncio.create_task(self._write())
        user = self.scope["user"]
        if user.is_authenticated:
            key = self.scope["session"].session_key
            self.hub.identify(self.outbox, credential_of_session(user, key))

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        frame: AnyFrame | None = None
        try:
            self._count_frame()
            if text_data is None:
                raise MalformedFrame("Send text frames.")
            frame = read_frame(text_data)
            await self._carry_out(frame)
        except ExchangeError as refused:
            self._refuse(refused, frame)
        except (OperationalError, InterfaceError):
            self._refuse(Unavailable(), frame)

    async def _carry_out(self, frame: AnyFrame) -> None:
        match frame:
            case Subscribe():
                topic = await self._topic(frame)
                followed = self.outbox.topics
                if topic not in followed and len(followed) >= SUBSCRIPTIONS_MAX:
                    raise TooManySubscriptions
                self._answer("subscribed", frame, **_named(frame))
                self.hub.subscribe(self.outbox, topic)
            case Unsubscribe():
                self.hub.unsubscribe(self.outbox, await self._topic(frame))
                self._answer("unsubscribed", frame, **_named(frame))
            case Auth():
                credential = await database_sync_to_async(credential_of_token)(frame.token)
                self.hub.identify(self.outbox, credential)
                self._answer(
                    "authenticated",
                    frame,
                    user_id=str(credential.user_id),
                    expires_at=credential.expires_at,
                )
            case CancelOnDisconnect(enabled=enabled):
                await self.hub.cancel_on_disconnect(self.outbox, enabled=enabled)
                self._answer("cancel_on_disconnect", frame, enabled=enabled)
            case Ping():
                self._answer("pong", frame, time=clock.now())

    async def _topic(self, frame: Subscribe | Unsubscribe) -> Topic:
        """raises  UnknownChannel, MalformedFrame, NotAuthenticated, UnknownMarket"""
        channel = channel_of(frame)
        user_id = market_id = 0
        if channel.is_of_a_market:
            market_id = (await database_sync_to_async(market_by_symbol)(frame.market)).pk
        if channel.is_private:
            # Looked at after the last wait: a login that ended meanwhile does not count.
            if self.outbox.credential is None:
                raise NotAuthenticated
            user_id = self.outbox.credential.user_id
        return Topic(channel, market_id, user_id)

    def _count_frame(self) -> None:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._frames = second, 0
        self._frames += 1
        if self._frames > FRAMES_A_SECOND:
            raise TooManyFrames

    def _refuse(self, refused: ExchangeError, frame: AnyFrame | None) -> None:
        self._answer("error", frame, code=refused.code, detail=refused.detail)
        if code := CLOSING.get(type(refused)):
            self.outbox.close(code)

    def _answer(self, kind: str, frame: AnyFrame | None, **fields: object) -> None:
        given = {"id": frame.id} if frame is not None and frame.id is not None else {}
        self.outbox.answer(encode({"type": kind} | fields | given))

    async def _write(self) -> None:
        # Sending fails when the client has gone; the reading side hears of it too.
        with suppress(OSError):
            await self.close(await self.outbox.pump(self._send_text))

    async def _send_text(self, text: str) -> None:
        await self.send(text_data=text)


def _named(frame: Subscribe | Unsubscribe) -> dict[str, object]:
    named: dict[str, object] = {"channel": frame.channel}
    return named | {"market": frame.market} if frame.market else named
