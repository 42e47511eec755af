"""How a request says who it is from: a JWT in `Authorization: Bearer …`, or a session."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from channels.db import database_sync_to_async
from django.db import Error
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import APIException
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.settings import api_settings as jwt

from accounts.selectors import lapsed_stamps

log = logging.getLogger(__name__)

#: All cached tokens are looked up together when the last look is so old …
LOOK_SECONDS: Final = 2
#: … and none is trusted without when it is so old; the promise is five seconds.
TRUST_SECONDS: Final = 4
CACHED_MAX: Final = 100_000


class BearerToken(JWTAuthentication):
    """simplejwt's tokens: 5 minutes, issuer, audience and password checked."""


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerToken
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class Known(NamedTuple):
    """What a token was found to say.

    stamp       changes with the password
    expires_at  seconds since 1970
    """

    user_id: int
    stamp: str
    expires_at: int


class Bearers:
    """Whose tokens they are: each is verified once, by BearerToken, and then remembered.

    The memory is bounded; who was not seen for longest is forgotten. Whether the users may
    still come in is asked for all tokens together, while there are requests.

    now  the wall clock, in seconds since 1970; by it tokens expire
    """

    def __init__(
        self,
        *,
        limit: int = CACHED_MAX,
        now: Callable[[], float] = time.time,
        pace: Callable[[], float] = time.monotonic,
    ) -> None:
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._limit, self._now, self._pace = limit, now, pace
        self._looked = pace()
        self._look: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._known)

    def remembered(self, header: bytes) -> int | None:
        """The user of an `Authorization` header that was verified already; costs nothing.

        None means no more than: ask `verified`.
        """
        known = self._known.get(header)
        age = self._pace() - self._looked
        if known is None or age > TRUST_SECONDS:
            return None
        if age > LOOK_SECONDS:
            self._look_soon()
        if known.expires_at <= self._now():
            del self._known[header]
            return None
        self._known.move_to_end(header)
        return known.user_id

    async def verified(self, header: bytes) -> int | None:
        """The user of an `Authorization` header; None when DRF may say why not."""
        if self._pace() - self._looked > TRUST_SECONDS:
            await self._look_soon()
        user_id = self.remembered(header)
        if user_id is not None:
            return user_id
        verify = database_sync_to_async(_verify, thread_sensitive=False)
        known: Known | None = await verify(header)
        if known is None:
            return None
        self._known[header] = known
        if len(self._known) > self._limit:
            self._known.popitem(last=False)
        return known.user_id

    async def look(self) -> None:
        """Forget the tokens whose users may not come in any more; one query."""
        began, held = self._pace(), list(self._known.items())
        pairs = {(known.user_id, known.stamp) for _, known in held}
        lapsed = (
            await database_sync_to_async(lapsed_stamps, thread_sensitive=False)(pairs)
            if pairs
            else set()
        )
        for header, known in held if lapsed else ():
            if (known.user_id, known.stamp) in lapsed:
                self._known.pop(header, None)
        self._looked = began

    def _look_soon(self) -> "asyncio.Task[None]":
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_or_distrust())
        return self._look

    async def _look_or_distrust(self) -> None:
        try:
            await self.look()
        except Error as away:
            # The look grows old, and with it the trust in what is remembered.
            log.warning("tokens cannot be looked up: %s", away)


def _verify(header: bytes) -> Known | None:
    """Verify as DRF does; None when it would refuse, for whatever reason."""
    scheme = BearerToken()
    try:
        raw = scheme.get_raw_token(header)
        if raw is None:
            return None
        token = scheme.get_validated_token(raw)
        user = scheme.get_user(token)
    except (APIException, Error):
        return None
    stamp = str(token.get(jwt.REVOKE_TOKEN_CLAIM))
    return Known(int(user.pk), stamp, int(token["exp"]))
