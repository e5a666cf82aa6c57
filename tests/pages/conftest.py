"""A browser for the pages of the local server, without one."""

import asyncio
from dataclasses import dataclass

import pytest
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from selfinstruct.pages.server import application


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict
    text: str


@pytest.fixture
def ask():
    """Return a function that asks routes for a path, encoded already, and returns the answer."""

    async def asked(routes, path, method, guard, **options):
        async with TestClient(TestServer(application(routes, guard))) as client:
            address = URL(f"{client.make_url('/')}{path.removeprefix('/')}", encoded=True)
            found = await client.session.request(method, address, allow_redirects=False, **options)
            return Answer(found.status, found.headers.copy(), await found.text())

    def ask(routes, path, method="GET", guard=None, **options):
        return asyncio.run(asked(routes, path, method, guard, **options))

    return ask
