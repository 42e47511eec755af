"""What `manage.py demo` and `make up` print: where to go, and who to be."""

from collections.abc import Sequence

from exchange.demo.cast import STAFF_PASSWORD, TRADER_PASSWORD, TRADERS
from exchange.demo.opening import StaffLogin

_RULE = "─" * 78


def banner(*, url: str, staff: Sequence[StaffLogin]) -> str:
    """The addresses and the demo logins of the exchange at `url`."""
    lines = [
        _RULE,
        "  Fairbook, a demo exchange. Nothing in here is worth anything.",
        "",
        f"  Markets    {url}/",
        f"  Trade      {url}/trade/BTC-USDT",
        f"  API docs   {url}/api/docs",
        f"  Staff      {url}/admin/",
        "",
        f"  Traders    password {TRADER_PASSWORD}",
        *(f"    {email}" for email in TRADERS),
        "",
        f"  Staff      password {STAFF_PASSWORD}, and a one-time password by this secret",
    ]
    for login in staff:
        group = f"   ({login.group})" if login.group else ""
        lines += [f"    {login.email}   {login.secret}{group}", f"      {login.uri}"]
    return "\n".join([*lines, _RULE])
