"""However a web process ends, the orders that its sockets stand for end too."""

import json
import signal
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from exchange.bench.setting import Setting
from orders.commands import OrderStatus
from orders.models import CancelAfter, Command, Order
from tests.faults.house import House, free_port, wait_until
from tests.stories import PASSWORD, place


@pytest.fixture
def trader(setting: Setting) -> User:
    """One of the market's people, who can log in."""
    user = User.objects.get(pk=setting.users[0])
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "seconds"), [(signal.SIGKILL, 30), (signal.SIGTERM, 10)], ids=["kill", "term"]
)
def test_a_web_process_that_ends_takes_the_orders_of_its_sockets_along(
    house: House, setting: Setting, trader: User, how: signal.Signals, seconds: int
) -> None:
    house.start_engine()
    port = free_port()
    web = house.start_web(port=port)
    with connect(f"ws://127.0.0.1:{port}/ws/v1") as socket:
        ask(socket, op="auth", token=token_of(trader, port))
        assert ask(socket, op="cancel_on_disconnect", enabled=True)["enabled"]
        order = place(trader, setting.market, "buy", "1", at="10")
        wait_until(lambda: status_of(order) == OrderStatus.OPEN, seconds=20)

        web.send_signal(how)

        wait_until(lambda: status_of(order) == OrderStatus.CANCELLED, seconds=seconds)

    assert not CancelAfter.objects.exists()
    house.prove()


def token_of(user: User, port: int) -> str:
    answer = httpx.post(
        f"http://127.0.0.1:{port}/api/v1/auth/token",
        json={"email": user.email, "password": PASSWORD},
        timeout=20,
    )
    return str(answer.raise_for_status().json()["access"])


def ask(socket: ClientConnection, **frame: Any) -> dict[str, Any]:
    """Send a frame; what answers."""
    socket.send(json.dumps(frame))
    answer: dict[str, Any] = json.loads(socket.recv(timeout=20))
    return answer


def status_of(order: Command) -> int | None:
    return Order.objects.filter(pk=order.pk).values_list("status", flat=True).first()
