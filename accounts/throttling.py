"""How often an address may try to get in."""

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from kernel.errors import Unavailable


class LoginThrottle(SimpleRateThrottle):
    """So many attempts per window and network address, counted in Redis.

    It fails closed: when Redis cannot count, nobody may guess passwords meanwhile. It
    goes by the peer's address alone; `X-Forwarded-For` is whatever a client writes there,
    unless the server in front of Django has checked and resolved it.
    """

    scope = "login"
    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: APIView) -> bool:
        """raises  Unavailable"""
        window = int(self.timer()) // self.duration
        key = f"throttle:{self.scope}:{request.META.get('REMOTE_ADDR', '')}:{window}"
        try:
            # INCR is atomic; DRF's own list of times would lose attempts made at once.
            self.cache.add(key, 0, self.duration)
            return bool(self.cache.incr(key) <= self.num_requests)
        except (RedisError, ValueError) as away:
            raise Unavailable("Attempts to log in cannot be counted now.") from away

    def wait(self) -> float:
        """Seconds until the next window."""
        return float(self.duration - self.timer() % self.duration)
