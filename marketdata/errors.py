"""What may go wrong on a socket, and when a market is looked at.

Invalid
  MalformedFrame         not one of the frames of docs/websocket.md
  FrameTooLarge          the socket is closed after it
NotFound
  UnknownChannel
  MarketNotInAuction     by REST: there is no indicative price
Refused
  TooManySubscriptions   on one socket
  TooManyFrames          in one second; the socket is closed after it
"""

from kernel.errors import Invalid, NotFound, Refused


class MalformedFrame(Invalid):
    code = "malformed_frame"
    title = "The frame is not one that a client may send."


class FrameTooLarge(Invalid):
    code = "frame_too_large"
    title = "The frame is larger than 16 kB."


class UnknownChannel(NotFound):
    code = "unknown_channel"
    title = "There is no such channel."


class MarketNotInAuction(NotFound):
    code = "market_not_in_auction"
    title = "The market is not in an auction."


class TooManySubscriptions(Refused):
    code = "too_many_subscriptions"
    title = "One socket may have 100 subscriptions."


class TooManyFrames(Refused):
    code = "too_many_frames"
    title = "One socket may send 100 frames a second."
