"""Who follows what, in this process. Memory only; nothing here waits."""

import asyncio
from collections.abc import Iterable

import msgspec

from marketdata.commands import Channel, Topic
from marketdata.feed import Body
from marketdata.hub.outbox import Outbox


class Switchboard:
    """The sockets of this process and their topics.

    stirred  set when there is something to do before the next poll of the log
    """

    def __init__(self) -> None:
        self.outboxes: set[Outbox] = set()
        self._asking: set[Outbox] = set()
        self.stirred = asyncio.Event()
        self._followers: dict[Channel, dict[Topic, set[Outbox]]] = {
            it: {} for it in Channel
        }

    def join(self) -> Outbox:
        outbox = Outbox(self.ask)
        self.outboxes.add(outbox)
        return outbox

    def leave(self, outbox: Outbox) -> None:
        for topic in outbox.topics:
            self.unsubscribe(outbox, topic)
        self.outboxes.discard(outbox)
        self._asking.discard(outbox)

    def subscribe(self, outbox: Outbox, topic: Topic) -> None:
        self._followers[topic.channel].setdefault(topic, set()).add(outbox)
        outbox.follow(topic)

    def unsubscribe(self, outbox: Outbox, topic: Topic) -> None:
        outbox.forget(topic)
        followers = self._followers[topic.channel].get(topic, set())
        followers.discard(outbox)
        if not followers:
            self._followers[topic.channel].pop(topic, None)

    def topics(self, channel: Channel) -> Iterable[Topic]:
        """What is followed on a channel."""
        return self._followers[channel].keys()

    def follows(self, topic: Topic) -> bool:
        return topic in self._followers[topic.channel]

    def owe(self, topics: Iterable[Topic]) -> None:
        """Owe a fresh snapshot to all who follow these."""
        for topic in list(topics):
            for outbox in self._followers[topic.channel].get(topic, ()):
                outbox.follow(topic)

    def update(self, topic: Topic, sequence: int, body: Body) -> None:
        """Tell all who follow a topic what comes next; encoded once."""
        text = encode(body)
        for outbox in self._followers[topic.channel].get(topic, ()):
            outbox.update(topic, sequence, text)

    def replace(self, topic: Topic, body: Body, *, only_owed: bool) -> None:
        """Tell all who follow a topic its whole state, or only those who wait for it."""
        text = encode(body)
        for outbox in self._followers[topic.channel].get(topic, ()):
            if not only_owed or outbox.is_owed(topic):
                outbox.snapshot(topic, 0, text)

    def ask(self, outbox: Outbox) -> None:
        """Note that an outbox is owed snapshots and has room for them."""
        self._asking.add(outbox)
        self.stirred.set()

    def whoever_asks(self) -> list[Outbox]:
        """Those who asked since the last call."""
        asking, self._asking = self._asking, set()
        return list(asking)


def encode(body: Body) -> str:
    """A message as it is sent; times as RFC 3339."""
    return msgspec.json.encode(body).decode()


async def either(event: asyncio.Event, *, seconds: int) -> bool:
    """Wait for an event or so long; whether it was the event. It is cleared."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True
