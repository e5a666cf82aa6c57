"""A request queue in one event loop whose time is virtual: a minute passes as soon as nothing else is to be done."""

import asyncio
import selectors
from concurrent.futures import Future

from servers import SETTINGS

from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.request_queue import RequestQueue
from selfinstruct.model.secrets import Secrets
from selfinstruct.request import Completion, Decoding, Request


class Selector(selectors.DefaultSelector):
    """Does not wait: moves the time on instead."""

    now = 0.0

    def select(self, timeout=None):
        self.now += timeout or 0.0
        return super().select(0 if timeout is not None else None)


class Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.selector = Selector()
        super().__init__(self.selector)

    def time(self):
        return self.selector.now


class Overload(Exception):
    status_code = 429

    def __init__(self, retry_after=None):
        super().__init__("too much")
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


class Status(Exception):
    def __init__(self, status_code):
        super().__init__(f"status {status_code}")
        self.status_code = status_code


def request(number, stage="s", text=None, **decoding):
    return Request(f"{stage}/1/{number}", stage, 1, text or f"{number}", None, True, Decoding(**decoding), "yes_no")


def endpoint(**changes):
    return Endpoint(**SETTINGS | {"name": "some", "api_base": "http://127.0.0.1:9/v1"} | changes)


def run(play):
    """Play a scene in a loop of virtual time."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(play())


def asked(answer, count, remembered=(), **changes):
    """What some requests get, and when each attempt was made: (request, time); a number stands for plain requests."""
    requests = [request(number) for number in range(count)] if isinstance(count, int) else count
    attempts = []

    async def send(request):
        attempts.append((request.text, asyncio.get_running_loop().time()))
        said = await answer(request, sum(text == request.text for text, _ in attempts))
        return said if isinstance(said, Completion) else Completion(request.text)

    async def play():
        queue = RequestQueue(endpoint(**changes), Secrets(), remembered)
        futures = [Future() for _ in requests]
        queue.extend(list(zip(requests, futures, strict=True)))
        queue.open(send)
        replies = await asyncio.gather(*map(asyncio.wrap_future, futures))
        queue.close()
        await queue.over.wait()
        return replies

    return run(play), attempts


def lasting(seconds):
    async def answer(request, time):
        await asyncio.sleep(seconds)

    return answer
