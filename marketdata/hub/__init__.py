"""The hub: one per web process. Reads the event log once, tells every local socket.

    engine commits ── bell (Redis) ──▶ Follower: reads the log after its positions,
                      or a second ──▶            encodes each message once
                                                   │ trades, users
                                                   ├──▶ Refresher: tickers, balances
                                                   ▼
                                        Switchboard ──▶ Outbox ──▶ socket

PostgreSQL is the truth and Redis only a bell, so nothing is lost with it (ADR 0007).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError

from accounts.errors import InvalidToken, NotAuthenticated
from accounts.selectors import Credential, lapsed
from kernel import clock
from marketdata.commands import Channel, Topic
from marketdata.feed import Body, snapshot, ticker_body
from marketdata.hub import bell, mine
from marketdata.hub.follower import Follower
from marketdata.hub.outbox import TRY_AGAIN_LATER, Outbox
from marketdata.hub.refresher import Refresher
from marketdata.hub.switchboard import Switchboard, encode
from marketdata.hub.switches import Switches
from marketdata.selectors import standing_of, ticker_of
from orders.selectors import markets_by_id

__all__ = ["Hub", "Outbox", "encode", "hub"]

log = logging.getLogger(__name__)

#: Logins are looked up this often; the promise is five seconds.
LOGIN_SECONDS: Final = 4
#: Who takes no message for so long is closed.
PATIENCE_SECONDS: Final = 10
RETRY_SECONDS: Final = 1


class Hub:
    """All sockets of this process; at work while there are any."""

    def __init__(self) -> None:
        self.board = Switchboard()
        self._switches = Switches()
        self._refreshers = {
            Channel.TICKER: Refresher(self.board, Channel.TICKER, read=_ticker, pause=1),
            Channel.BALANCES: Refresher(
                self.board, Channel.BALANCES, read=_balances, pause=0.1
            ),
        }
        self._tasks: list[asyncio.Task[None]] = []

    def join(self) -> Outbox:
        """Take a new socket in; the first one starts the work."""
        if not self._tasks:
            follower = Follower(self.board, self._refreshers)
            loops = [self._listen, follower.run, self._watch_readers, self._watch_logins]
            loops += [self._switches.run]
            loops += [refresher.run for refresher in self._refreshers.values()]
            self._tasks = [asyncio.create_task(_for_ever(loop)) for loop in loops]
        return self.board.join()

    def leave(self, outbox: Outbox) -> None:
        """Let a socket go; the last one ends the work. Twice is the same as once."""
        self._switches.fire(outbox)
        for topic in outbox.topics:
            self.unsubscribe(outbox, topic)
        self.board.leave(outbox)
        if not self.board.outboxes:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    def subscribe(self, outbox: Outbox, topic: Topic) -> None:
        """Send a snapshot soon, and then what changes."""
        self.board.subscribe(outbox, topic)

    def unsubscribe(self, outbox: Outbox, topic: Topic) -> None:
        self.board.unsubscribe(outbox, topic)
        if topic.channel in self._refreshers and not self.board.follows(topic):
            self._refreshers[topic.channel].forget(topic)

    def identify(self, outbox: Outbox, credential: Credential) -> None:
        """Let a socket follow what is its user's; what it followed as another one ends."""
        if outbox.credential and outbox.credential.user_id != credential.user_id:
            self._deauthenticate(outbox)
        outbox.credential = credential

    async def cancel_on_disconnect(self, outbox: Outbox, *, enabled: bool) -> None:
        """Have all orders of the socket's user cancelled when it ends, or no longer.

        raises  NotAuthenticated when nobody has logged in, or the login ended meanwhile
        """
        credential = outbox.credential
        if credential is None:
            raise NotAuthenticated
        if not enabled:
            await self._switches.turn_off(outbox)
            return
        await self._switches.turn_on(outbox, user_id=credential.user_id)
        if outbox.credential is None or outbox.credential.user_id != credential.user_id:
            raise NotAuthenticated

    def _deauthenticate(self, outbox: Outbox) -> None:
        self._switches.fire(outbox)
        outbox.credential = None
        for topic in outbox.topics:
            if topic.channel.is_private:
                self.unsubscribe(outbox, topic)
        why = {"code": InvalidToken.code, "detail": InvalidToken.title}
        outbox.answer(encode({"type": "deauthenticated"} | why))

    # What goes on meanwhile -------------------------------------------------------------

    async def _listen(self) -> None:
        balances = self._refreshers[Channel.BALANCES]
        async for message in bell.listen():
            if message == bell.CONNECTED:
                balances.spoil_all()
            elif message.startswith(bell.BALANCES):
                user_id = int(message.removeprefix(bell.BALANCES))
                balances.spoil([Topic(Channel.BALANCES, user_id=user_id)])
            self.board.stirred.set()

    async def _watch_readers(self) -> None:
        while True:
            await asyncio.sleep(1)
            now = clock.now()
            for outbox in list(self.board.outboxes):
                if outbox.is_stuck(PATIENCE_SECONDS):
                    outbox.close(TRY_AGAIN_LATER)
                    self.leave(outbox)
                elif outbox.credential and outbox.credential.is_over(now):
                    self._deauthenticate(outbox)

    async def _watch_logins(self) -> None:
        """Look all credentials up together, however many sockets there are."""
        while True:
            await asyncio.sleep(LOGIN_SECONDS)
            held = {it.credential for it in self.board.outboxes if it.credential}
            if not held:
                continue
            ended = await database_sync_to_async(lapsed)(held, now=clock.now())
            for outbox in list(self.board.outboxes):
                if outbox.credential in ended:
                    self._deauthenticate(outbox)


async def _for_ever(loop: Callable[[], Awaitable[None]]) -> None:
    """Run a loop, and again when it fails; it starts with a clean slate each time."""
    while True:
        try:
            await loop()
        except (OperationalError, InterfaceError) as away:
            log.warning("the database is away; the streams wait: %s", away)
        except Exception:
            log.exception("a loop of the hub failed and starts again")
        await asyncio.sleep(RETRY_SECONDS)


def _ticker(topic: Topic) -> tuple[Body, datetime]:
    market = markets_by_id()[topic.market_id]
    ticker = ticker_of(market_id=market.pk, now=clock.now())
    body = ticker_body(market.rules, ticker, standing_of(market))
    return snapshot(Channel.TICKER, body), ticker.time


def _balances(topic: Topic) -> tuple[Body, datetime]:
    now = clock.now()
    return mine.balances_snapshot(user_id=topic.user_id), now


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop; in production there is one per process."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
