"""A small client of the public REST API: what any trader's program could be."""

import asyncio
import base64
import json
import logging
from types import TracebackType
from typing import Any, Final, Self

import httpx

from kernel import clock

log = logging.getLogger(__name__)

#: A token is renewed when it has less than this left.
RENEW_SECONDS: Final = 60
TIMEOUT_SECONDS: Final = 10.0
UNAUTHORIZED, TOO_MANY, SERVER_ERROR = 401, 429, 500


class Away(Exception):
    """The exchange cannot be reached or is not able to answer now. Try again later."""


class Said(Exception):
    """The exchange said no, for a reason that stands: `code` is stable."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        super().__init__(f"{status} {self.code}: {problem.get('detail', '')}")


class Client:
    """One trader's session. Logs in when it must and renews its token before it ends."""

    def __init__(self, *, url: str, email: str, password: str) -> None:
        self.email = email
        self._password = password
        self._http = httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=TIMEOUT_SECONDS)
        self._access = self._refresh = ""
        self._one_login = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: str) -> Any:
        return await self._authorized("GET", path, params=query)

    async def post(self, path: str, body: dict[str, str]) -> Any:
        return await self._authorized("POST", path, json=body)

    async def delete(self, path: str) -> Any:
        return await self._authorized("DELETE", path)

    async def _authorized(self, method: str, path: str, **request: Any) -> Any:
        """raises  Away, Said"""
        for attempt in (1, 2):
            await self._be_logged_in()
            headers = {"Authorization": f"Bearer {self._access}"}
            try:
                return await self._send(method, path, headers=headers, **request)
            except Said as said:
                if said.status != UNAUTHORIZED or attempt == 2:
                    raise
                self._access = ""  # revoked, or signed with yesterday's key
        raise AssertionError

    async def _be_logged_in(self) -> None:
        async with self._one_login:
            if _seconds_left(self._access) > RENEW_SECONDS:
                return
            if _seconds_left(self._refresh) > RENEW_SECONDS and await self._renew():
                return
            tokens = await self._send(
                "POST",
                "/auth/token",
                json={"email": self.email, "password": self._password},
            )
            self._access, self._refresh = tokens["access"], tokens["refresh"]

    async def _renew(self) -> bool:
        """Whether the refresh token still was good for new ones."""
        try:
            tokens = await self._send(
                "POST", "/auth/refresh", json={"refresh": self._refresh}
            )
        except Said as said:
            log.info("%s logs in again (%s)", self.email, said.code)
            self._refresh = ""
            return False
        self._access = tokens["access"]
        self._refresh = tokens.get("refresh", self._refresh)
        return True

    async def _send(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = await self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise Away(type(error).__name__) from error
        if response.status_code == TOO_MANY or response.status_code >= SERVER_ERROR:
            raise Away(f"HTTP {response.status_code}")
        try:
            body = response.json() if response.content else None
        except ValueError as error:
            raise Away("an answer that is no JSON") from error
        if response.is_error:
            raise Said(response.status_code, body if isinstance(body, dict) else {})
        return body


def _seconds_left(token: str) -> int:
    """How long a JWT is good for by its own `exp`; 0 for none. The server checks it."""
    if not token:
        return 0
    claims = token.split(".")[1]
    padded = claims + "=" * (-len(claims) % 4)
    ends = json.loads(base64.urlsafe_b64decode(padded))["exp"]
    return int(ends) - int(clock.now().timestamp())
