import asyncio
from concurrent.futures import Future

import pytest
from batching import provided

from selfinstruct.model.batches import Calls, OpenAIBatches, named, split
from selfinstruct.model.endpoint import connected
from selfinstruct.model.failed_attempt import GarbledError, ReplyError


def asked(requests, count, text="question {}"):
    return {str(number): (request, Future()) for number, request in enumerate(requests(count, text))}


def call(url, what):
    """What comes of calls of a server."""

    async def called():
        async with connected(None, url) as session:
            return await what(Calls(session, url))

    return asyncio.run(called())


def test_requests_are_divided_by_their_number(requests):
    parts = list(split(asked(requests, 5), 2, 10**6))

    assert [list(part) for part in parts] == [["0", "1"], ["2", "3"], ["4"]]


def test_requests_are_divided_by_their_bytes(requests):
    parts = list(split(asked(requests, 4, "äää {}"), 100, 20))

    assert [list(part) for part in parts] == [["0", "1"], ["2", "3"]]


def test_a_request_of_any_size_has_a_part(requests):
    assert len(list(split(asked(requests, 2), 100, 1))) == 2


def test_lines_that_name_no_request_are_skipped():
    content = b'{"custom_id": "a", "x": 1}\n\nno JSON\n[3]\n{"custom_id": 4}\n{"custom_id": "b"}'

    assert [name for name, _ in named(content)] == ["a", "b"]


@pytest.mark.parametrize("status", [400, 404, 503])
def test_an_error_is_raised_with_its_status_and_the_address(status):
    with provided() as provider:
        provider.outage = [status]
        with pytest.raises(ReplyError, match=f"no .asked {provider.url}/batches/1") as caught:
            call(provider.url, lambda calls: calls.object("GET", "batches/1"))

    assert caught.value.status_code == status


def test_a_server_without_a_batch_interface_is_reported_with_the_key_to_set():
    with provided() as provider:
        provider.outage = [404]
        with pytest.raises(ReplyError, match=r"If the server has no batch interface, set model\.batch=false\."):
            call(provider.url, lambda calls: calls.object("POST", "batches", json={}))


def test_an_answer_without_an_id_is_garbled():
    with provided() as provider:
        provider.batches = [{}]
        with pytest.raises(GarbledError, match="not an object with an id"):
            call(provider.url, lambda calls: calls.object("GET", "files/out_0/content"))


def test_a_reply_whose_body_is_not_whole_is_none(requests):
    with provided() as provider:
        provider.looks = 0
        provider.reply = lambda prompt: {"choices": []} if prompt.endswith("1") else Whole.reply(prompt)
        found = call(provider.url, lambda calls: replies(OpenAIBatches(calls, body, lambda _, reply: reply), requests))

    assert list(found) == ["0"]


class Whole:
    @staticmethod
    def reply(prompt):
        return {"choices": [{"message": {"content": prompt}, "finish_reason": "stop"}], "model": "m"}


def body(request):
    return {"messages": [{"role": "user", "content": request.text}]}


async def replies(batches, requests):
    wanted = {name: request for name, (request, _) in asked(requests, 2).items()}
    return await batches.replies(await batches.state(await batches.create(wanted)), wanted)
