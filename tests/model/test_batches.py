import asyncio
from concurrent.futures import Future

import pytest
from batching import provided

from selfinstruct.model.batches import Calls, UnlistedError, lines, split
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


async def names(calls):
    return [name async for name, _ in calls.replies("files/out_0/content")]


def test_lines_that_name_no_request_are_skipped():
    with provided() as provider:
        text = '{"custom_id": "a", "x": 1}\n\nno JSON\n[3]\n{"custom_id": 4}\n{"custom_id": "b"}'
        provider.batches, provider.lines = [{}], lambda number, *, failed: text

        assert call(provider.url, names) == ["a", "b"]


def test_a_file_of_replies_that_is_not_there_is_an_error():
    with provided() as provider:
        provider.outage = [404]
        with pytest.raises(ReplyError, match=r"no .asked .*/content"):
            call(provider.url, names)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_are_whole_however_they_arrive(size):
    text = b"one\n\nthree\r\nfour"

    async def pieces():
        for start in range(0, len(text), size):
            yield text[start : start + size]

    async def found():
        return [line async for line in lines(pieces())]

    assert asyncio.run(found()) == [b"one", b"", b"three\r", b"four"]


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


async def ids(calls):
    return [one["id"] async for one in calls.listed("batches", "after", 2)]


def test_all_pages_of_a_list_are_read():
    with provided() as provider:
        provider.batches, provider.of_file, provider.page = [{}] * 5, dict.fromkeys(range(5)), 2

        assert call(provider.url, ids) == [f"batch_{number}" for number in (4, 3, 2, 1, 0)]
    assert len(provider.calls) == 3


def test_a_list_without_an_end_is_garbled():
    with provided() as provider:
        provider.batches, provider.of_file = [{}], {0: "x"}
        provider.listed = lambda after, prefix: {"data": [{"id": "batch_0"}], "has_more": True}
        with pytest.raises(GarbledError, match="does not come to an end"):
            call(provider.url, ids)


def test_a_page_that_is_not_one_is_garbled():
    with provided() as provider:
        provider.listed = lambda after, prefix: {"data": None}
        with pytest.raises(GarbledError, match="not a list of batches"):
            call(provider.url, ids)


def test_a_server_without_a_list_of_batches_is_told_from_one_that_fails():
    with provided() as provider:
        provider.is_listed = False
        with pytest.raises(UnlistedError):
            call(provider.url, ids)
        provider.outage = [503]
        with pytest.raises(ReplyError, match="asked"):
            call(provider.url, ids)
