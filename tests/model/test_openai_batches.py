import asyncio

import pytest
from batching import provided

from selfinstruct.model.batches import Calls, Found, Intent
from selfinstruct.model.endpoint import connected
from selfinstruct.model.openai_batches import OpenAIBatches


def call(provider, what):
    """What comes of calls of the batch interface."""

    async def called():
        async with connected(None, provider.url) as session:
            return await what(OpenAIBatches(Calls(session, provider.url), body, lambda _, reply: reply))

    return asyncio.run(called())


def body(request):
    return {"messages": [{"role": "user", "content": request.text}]}


def test_a_reply_whose_body_is_not_whole_is_none(requests):
    asked = dict(zip("01", requests(2), strict=True))

    async def replies(batches):
        batch = await batches.create(await batches.prepare(asked), asked)
        return await batches.replies(await batches.state(batch), asked)

    with provided() as provider:
        provider.looks, whole = 0, provider.reply
        provider.reply = lambda prompt: {"choices": []} if prompt.endswith("1") else whole(prompt)
        found = call(provider, replies)

    assert list(found) == ["0"]


def test_a_batch_is_found_by_its_file_of_requests(requests):
    asked = dict(zip("01", requests(2), strict=True))

    async def found(batches):
        marks = [await batches.prepare(asked) for _ in range(4)]
        for mark in marks[:3]:
            await batches.create(mark, asked)
        return [await batches.find(Intent(mark, 0.0, 2)) for mark in marks]

    with provided() as provider:
        provider.page = 2
        batches = call(provider, found)

    assert batches == [Found(name, is_certain=True) for name in ("batch_0", "batch_1", "batch_2", None)]


@pytest.mark.parametrize(
    ("errors", "fault"),
    [
        ({"data": [{"message": "bad line"}, {"message": "bad model"}]}, "bad line; bad model"),
        ([{"message": "bad line"}], "bad line"),
        ("bad", "no reason is given"),
        (None, "no reason is given"),
        ({"data": ["bad", 3]}, "no reason is given"),
    ],
)
def test_a_batch_that_was_refused_has_its_reason_in_any_shape(errors, fault):
    with provided() as provider:
        provider.batches = [{}]
        provider.state = lambda number: {"id": "x", "status": "failed", "errors": errors, "request_counts": [1]}
        state = call(provider, lambda batches: batches.state("batch_0"))

    assert (state.fault, state.is_over, state.done) == (fault, True, 0)
