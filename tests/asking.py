"""Asks the local server for a page, without a browser and without a port that others see."""

import asyncio
from dataclasses import dataclass

from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from selfinstruct.pages.server import application


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict
    text: str


def ask(routes, path, method="GET", guard=None, **options):
    """Return the answer of some routes to a path, which is encoded already."""
    return asyncio.run(asked(routes, path, method, guard, **options))


async def asked(routes, path, method, guard, **options):
    async with TestClient(TestServer(application(routes, guard))) as client:
        address = URL(f"{client.make_url('/')}{path.removeprefix('/')}", encoded=True)
        found = await client.session.request(method, address, allow_redirects=False, **options)
        return Answer(found.status, found.headers.copy(), await found.text(errors="replace"))
