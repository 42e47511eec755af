"""A newcomer's first order and first withdrawal open the same accounts at the same time."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from kernel import clock
from matching.worker import Worker
from tests.stories import fund, make_market, person, place
from withdrawals.services import request_withdrawal

NEWCOMERS = 12


def test_an_engine_and_withdrawals_open_accounts_without_waiting_for_each_other(
    committed_db,
):
    market = make_market()
    users = [person(f"newcomer{n}") for n in range(NEWCOMERS)]
    for user in users:
        fund(user, "BTC", "1")
        place(user, market, "sell", "0.1", at="60000")

    def withdraw(user):
        try:
            return request_withdrawal(
                user_id=user.pk,
                asset_id=market.base_id,
                amount=1_000,
                address="somewhere",
                client_withdrawal_id=None,
                now=clock.now(),
            ).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        wishes = pool.map(withdraw, users)
        settled = Worker(shard=0).step()
        made = list(wishes)

    assert settled == NEWCOMERS
    assert len(made) == NEWCOMERS
