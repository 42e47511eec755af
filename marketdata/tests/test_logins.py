"""Who a socket acts for, and when that ends."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client as Browser
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User
from accounts.selectors import credential_of_session, credential_of_token, lapsed
from kernel import clock
from marketdata.tests.sockets import Client, away, token_of
from tests.stories import person, person_who_logs_in

pytestmark = pytest.mark.usefixtures("committed_db")

OURS = {"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}
DEAUTHENTICATED = ("deauthenticated", "invalid_token")


def browser_of(name: str) -> Browser:
    """A browser in which a person has logged in."""
    browser = Browser()
    browser.force_login(person_who_logs_in(name))
    return browser


def cookie_of(browser: Browser) -> str:
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={browser.cookies[name].value}"


async def ending_of(socket: Client) -> tuple[str, str]:
    """The next message, which should say that private channels ended."""
    message = await socket.next(seconds=7)
    return message["type"], message.get("code", "")


async def test_a_page_is_known_by_its_cookie():
    browser = await away(browser_of, "alice")
    async with Client(**OURS, cookie=cookie_of(browser)) as socket:
        assert (await socket.subscribe("balances"))["balances"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example", "host": "127.0.0.1:8000"},
        {"origin": "http://127.0.0.1:9000", "host": "127.0.0.1:8000"},
        {"origin": "http://evil.example", "host": "evil.example"},
        {"origin": "null", "host": "127.0.0.1:8000"},
        {"origin": "", "host": "127.0.0.1:8000"},
    ],
    ids=["foreign", "another port", "a name pointed at us", "no page", "empty"],
)
async def test_a_foreign_page_gets_no_socket_whatever_its_cookie(headers):
    browser = await away(browser_of, "alice")
    async with Client(**headers, cookie=cookie_of(browser)) as socket:
        assert not socket.accepted


async def test_there_is_no_socket_elsewhere():
    async with Client(path="/ws/v2") as socket:
        assert not socket.accepted


async def test_a_token_says_when_it_ends():
    alice = await away(person_who_logs_in, "alice")
    async with Client() as socket:
        answer = await socket.ask("auth", token=await away(token_of, "alice"), id=1)

    assert answer.pop("expires_at").endswith("Z")
    assert answer == {"type": "authenticated", "user_id": str(alice.pk), "id": 1}


async def test_what_is_no_access_token_is_refused():
    alice = await away(person_who_logs_in, "alice")
    expired = AccessToken.for_user(alice)
    expired.set_exp(from_time=clock.now() - timedelta(hours=1))
    old_password = str(AccessToken.for_user(alice))
    refresh = await away(lambda: str(RefreshToken.for_user(alice)))
    await away(change_password, alice)
    async with Client() as socket:
        for token in ("", "a.b.c", str(expired), refresh, old_password):
            refusal = await socket.ask("auth", token=token)
            assert (refusal["type"], refusal["code"]) == ("error", "invalid_token")
        assert (await socket.ask("subscribe", "balances"))["code"] == "not_authenticated"


async def test_private_channels_end_with_the_token_and_public_ones_go_on():
    alice = await away(person_who_logs_in, "alice")
    token = AccessToken.for_user(alice)
    token.set_exp(lifetime=timedelta(seconds=2))
    async with Client() as socket:
        await socket.ask("auth", token=str(token))
        await socket.subscribe("balances")

        assert await ending_of(socket) == DEAUTHENTICATED

        assert (await socket.ask("subscribe", "balances"))["code"] == "not_authenticated"
        assert (await socket.ask("ping"))["type"] == "pong"


async def test_a_fresh_token_keeps_private_channels_open():
    alice = await away(person_who_logs_in, "alice")
    token = AccessToken.for_user(alice)
    token.set_exp(lifetime=timedelta(seconds=2))
    async with Client() as socket:
        await socket.ask("auth", token=str(token))
        await socket.subscribe("balances")
        await socket.ask("auth", token=await away(token_of, "alice"))

        assert await socket.all(quiet=3) == []


async def test_a_login_as_another_user_ends_what_was_the_first_ones():
    for name in ("alice", "bob"):
        await away(person_who_logs_in, name)
    async with Client() as socket:
        await socket.ask("auth", token=await away(token_of, "alice"))
        await socket.subscribe("balances")

        first = await socket.ask("auth", token=await away(token_of, "bob"))

        assert (first["type"], first["code"]) == DEAUTHENTICATED
        assert (await socket.next())["type"] == "authenticated"


@pytest.mark.slow
async def test_a_logout_ends_private_channels_within_five_seconds():
    browser = await away(browser_of, "alice")
    async with Client(**OURS, cookie=cookie_of(browser)) as socket:
        await socket.subscribe("balances")
        await away(browser.logout)

        assert await ending_of(socket) == DEAUTHENTICATED


@pytest.mark.slow
async def test_closing_a_user_ends_private_channels_within_five_seconds():
    alice = await away(person_who_logs_in, "alice")
    async with Client() as socket:
        await socket.ask("auth", token=await away(token_of, "alice"))
        await socket.subscribe("balances")
        await away(User.objects.filter(pk=alice.pk).update, is_active=False)

        assert await ending_of(socket) == DEAUTHENTICATED


def change_password(user: User) -> None:
    user.set_password("another horse battery staple")
    user.save(update_fields=["password"])


def test_credentials_are_looked_up_together(django_assert_num_queries):
    names = [f"person{number}" for number in range(9)]
    held = {
        credential_of_token(str(AccessToken.for_user(person_who_logs_in(name))))
        for name in names
    }
    browser = browser_of("alice")
    held.add(credential_of_session(person("alice"), browser.session.session_key))
    closed = person(names[0])
    User.objects.filter(pk=closed.pk).update(is_active=False)

    with django_assert_num_queries(2):
        ended = lapsed(held, now=clock.now())

    assert {it.user_id for it in ended} == {closed.pk}


def test_a_new_password_ends_every_credential():
    alice = person_who_logs_in("alice")
    held = credential_of_token(str(AccessToken.for_user(alice)))
    assert lapsed({held}, now=clock.now()) == set()

    change_password(alice)

    assert lapsed({held}, now=clock.now()) == {held}
