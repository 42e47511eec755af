"""Follows the event log: reads it once for all sockets, and tells what it says.

It alone moves the pictures and pays snapshots of them, between two batches; so a snapshot
at n and the updates n+1, n+2 … always fit together.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from channels.db import database_sync_to_async

from marketdata import feed
from marketdata.commands import Channel, Topic
from marketdata.feed import GapInLog, Picture
from marketdata.hub import mine
from marketdata.hub.refresher import Refresher
from marketdata.hub.switchboard import Switchboard, either, encode
from marketdata.selectors import News, news_after, picture_of
from orders.models import Market
from orders.selectors import markets_by_id

log = logging.getLogger(__name__)
T = TypeVar("T")

#: The log is read this often at least, whether the bell rings or not.
POLL_SECONDS: Final = 1
#: The channels that have a sequence: after a failure they begin again with a snapshot.
LOGGED: Final = (Channel.DEPTH, Channel.TRADES, Channel.STATE, Channel.ORDERS)
#: Who follows balances follows all markets; new ones are looked for this often.
MARKETS_SECONDS: Final = 10

# The log has a thread and a connection of its own, so that nothing slow delays it.
_thread: Final = ThreadPoolExecutor(1, "marketdata-log")


class Follower:
    """The pictures of the markets that somebody follows."""

    def __init__(self, board: Switchboard, refreshers: Mapping[Channel, Refresher]) -> None:
        self._board = board
        self._refreshers = refreshers
        self._markets: dict[int, Market] = {}
        self._markets_read_at = time.monotonic()
        self._pictures: dict[int, Picture] = {}

    async def run(self) -> None:
        """Follow for ever. Whoever starts this again after a failure reads all anew, and
        everybody gets a snapshot.
        """
        self._markets, self._pictures = {}, {}
        for channel in LOGGED:
            self._board.owe(self._board.topics(channel))
        while True:
            await self._open_pictures()
            more = await self._read_log()
            await self._pay_snapshots()
            if not more:
                await either(self._board.stirred, seconds=POLL_SECONDS)

    async def _open_pictures(self) -> None:
        """Load the markets that somebody follows by now; close those that nobody does."""
        wanted = {topic.market_id for it in Channel for topic in self._board.topics(it)}
        of_all = 0 in wanted
        wanted -= {0}
        age = time.monotonic() - self._markets_read_at
        if wanted - self._markets.keys() or (
            of_all and (not self._markets or age > MARKETS_SECONDS)
        ):
            self._markets = await _read(markets_by_id)
            self._markets_read_at = time.monotonic()
        if of_all:
            wanted |= self._markets.keys()
        for market_id in self._pictures.keys() - wanted:
            del self._pictures[market_id]
        for market_id in wanted - self._pictures.keys():
            market = self._markets[market_id]
            self._pictures[market_id] = await _read(partial(picture_of, market))

    async def _read_log(self) -> bool:
        """Tell what the log has; whether there is more to be read at once."""
        if not self._pictures:
            return False
        positions = {it: picture.sequence for it, picture in self._pictures.items()}
        users = {topic.user_id for topic in self._board.topics(Channel.ORDERS)}
        news, more = await _read(lambda: news_after(positions=positions, user_ids=users))
        for item in news:
            try:
                self._pictures[item.market_id].apply(item.batch)
            except GapInLog as gap:
                log.warning("the event log has a gap; the market is read anew: %s", gap)
                self._start_again(item.market_id)
                return True
            self._tell(item, users)
        return more

    def _tell(self, news: News, users: set[int]) -> None:
        """users  whose orders the news was read for; others have subscribed since then"""
        market, batch = self._markets[news.market_id], news.batch
        rules = self._pictures[news.market_id].rules
        depth = Topic(Channel.DEPTH, market.pk)
        if self._board.follows(depth):
            self._board.update(depth, batch.sequence, feed.depth_update(rules, batch))
        if batch.events.trades:
            trades = Topic(Channel.TRADES, market.pk)
            if self._board.follows(trades):
                self._board.update(trades, batch.sequence, feed.trades_update(rules, batch))
        if batch.standing:
            body = feed.state_update(rules, batch, batch.standing)
            self._board.update(Topic(Channel.STATE, market.pk), batch.sequence, body)
        if batch.events.trades or batch.standing:
            self._refreshers[Channel.TICKER].spoil([Topic(Channel.TICKER, market.pk)])
        for user_id in mine.users_of(batch):
            balances = Topic(Channel.BALANCES, user_id=user_id)
            self._refreshers[Channel.BALANCES].spoil([balances])
            orders = Topic(Channel.ORDERS, market.pk, user_id)
            if user_id in users and self._board.follows(orders):
                body = mine.orders_update(news, user_id=user_id, market=market)
                self._board.update(orders, batch.sequence, body)

    def _start_again(self, market_id: int) -> None:
        del self._pictures[market_id]
        for channel in LOGGED:
            topics = self._board.topics(channel)
            self._board.owe(it for it in topics if it.market_id == market_id)

    async def _pay_snapshots(self) -> None:
        drawn: dict[Topic, tuple[int, str]] = {}
        for outbox in self._board.whoever_asks():
            for topic in outbox.owed():
                if topic.channel in self._refreshers:
                    self._refreshers[topic.channel].pay(outbox, topic)
                elif topic.market_id in self._pictures:
                    if topic not in drawn:
                        drawn[topic] = await self._draw(topic)
                    outbox.snapshot(topic, *drawn[topic])
                else:
                    # It came after the pictures were opened: its turn is the next one.
                    self._board.ask(outbox)

    async def _draw(self, topic: Topic) -> tuple[int, str]:
        """(event sequence, the snapshot at it)."""
        picture = self._pictures[topic.market_id]
        if topic.channel is Channel.DEPTH:
            return picture.sequence, encode(picture.depth())
        if topic.channel is Channel.TRADES:
            return picture.sequence, encode(picture.last_trades())
        if topic.channel is Channel.STATE:
            return picture.sequence, encode(picture.state())
        market = self._markets[topic.market_id]
        sequence, body = await _read(
            lambda: mine.orders_snapshot(user_id=topic.user_id, market=market)
        )
        return sequence, encode(body)


async def _read(selector: Callable[[], T]) -> T:
    """Read in the log's own thread."""
    answer: T = await database_sync_to_async(
        selector, thread_sensitive=False, executor=_thread
    )()
    return answer
