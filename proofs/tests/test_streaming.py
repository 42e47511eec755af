"""The file of a tree, over the server that the exchange runs on."""

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from proofs.tests.proving import published

pytestmark = pytest.mark.usefixtures("committed_db")


def test_the_file_is_the_same_over_asgi_and_wsgi():
    address = f"/api/v1/proofs/{published().pk}/trees/BTC"

    async def over_asgi() -> bytes:
        answer = await AsyncClient().get(address)
        return b"".join([part async for part in answer.streaming_content])

    streamed = async_to_sync(over_asgi)()

    assert streamed == b"".join(Client().get(address).streaming_content)
    assert streamed.startswith(b"block_height:")
