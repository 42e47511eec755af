"""What a client may ask of a socket, and how its frames are read. Pure.

docs/websocket.md is the contract.
"""

from enum import StrEnum
from typing import Annotated, Final, NamedTuple

import msgspec

from marketdata.errors import FrameTooLarge, MalformedFrame, UnknownChannel

FRAME_MAX: Final = 16 * 1024


class Channel(StrEnum):
    DEPTH = "depth"
    TRADES = "trades"
    TICKER = "ticker"
    STATE = "state"
    ORDERS = "orders"
    BALANCES = "balances"

    @property
    def is_private(self) -> bool:
        return self in (Channel.ORDERS, Channel.BALANCES)

    @property
    def is_of_a_market(self) -> bool:
        return self is not Channel.BALANCES


class Topic(NamedTuple):
    """What can be subscribed to.

    market_id  0 for balances
    user_id    0 for a public channel
    """

    channel: Channel
    market_id: int = 0
    user_id: int = 0


#: The client's own number or name of a frame; it comes back in the answer.
FrameId = int | Annotated[str, msgspec.Meta(max_length=64)] | None


class Frame(msgspec.Struct, tag_field="op", forbid_unknown_fields=True, kw_only=True):
    id: FrameId = None


class Subscribe(Frame, tag="subscribe"):
    channel: str
    market: str = ""


class Unsubscribe(Frame, tag="unsubscribe"):
    channel: str
    market: str = ""


class Auth(Frame, tag="auth"):
    token: str


class CancelOnDisconnect(Frame, tag="cancel_on_disconnect"):
    enabled: bool


class Ping(Frame, tag="ping"):
    pass


AnyFrame = Subscribe | Unsubscribe | Auth | CancelOnDisconnect | Ping

_decoder: Final = msgspec.json.Decoder(AnyFrame)


def read_frame(text: str) -> AnyFrame:
    """Read what a client sent.

    raises  FrameTooLarge, MalformedFrame
    """
    try:
        raw = text.encode()
        if len(raw) > FRAME_MAX:
            raise FrameTooLarge
        frame: AnyFrame = _decoder.decode(raw)
    except msgspec.DecodeError as broken:
        raise MalformedFrame(str(broken)) from broken
    except (RecursionError, UnicodeEncodeError) as broken:
        raise MalformedFrame from broken
    return frame


def channel_of(frame: Subscribe | Unsubscribe) -> Channel:
    """The channel that a frame names, with a market if it needs one.

    raises  UnknownChannel, MalformedFrame
    """
    try:
        channel = Channel(frame.channel)
    except ValueError as unknown:
        raise UnknownChannel from unknown
    if channel.is_of_a_market and not frame.market:
        raise MalformedFrame(f"`{channel}` is of a market: send `market`.")
    if not channel.is_of_a_market and frame.market:
        raise MalformedFrame(f"`{channel}` is of no market.")
    return channel
