"""One request on its way, in virtual time."""

import asyncio

from virtual import Status, endpoint, request, run

from selfinstruct.model.secrets import Secrets
from selfinstruct.model.sending import CLOSED, Sender
from selfinstruct.request import Completion, Failure


def sending(wake=lambda: None, **changes):
    return Sender(endpoint(**changes), Secrets(), wake)


def test_a_request_is_answered_by_the_attempt_that_was_permitted():
    async def send(request):
        return Completion(request.text)

    async def play():
        made = sending()
        return await made.answer(request(1), made.permit(request(1)), send)

    answer = run(play)

    assert (answer.reply.text, answer.attempt, answer.is_refused) == ("1", 1, False)


def test_a_request_without_a_permit_waits_for_one():
    async def send(request):
        return Completion(request.text)

    async def play():
        made = sending()
        task = asyncio.create_task(made.answer(request(1), None, send))
        await asyncio.sleep(5.0)
        assert (made.last, task.done()) == (0, False)
        assert made.resume()
        return (await task).reply.text

    assert run(play) == "1"


def test_the_answer_names_the_attempt_that_was_the_last():
    tries = []

    async def send(request):
        tries.append(request)
        if len(tries) < 3:
            raise Status(500)
        return Completion("at last")

    async def play():
        made = sending(wake=lambda: made.resume())
        return await made.answer(request(1), made.permit(request(1)), send)

    assert run(play).attempt == 3


def test_what_waits_to_be_tried_again_ends_when_nothing_is_any_more():
    async def send(request):
        raise Status(500)

    async def play(failure):
        made = sending(attempts=9)
        task = asyncio.create_task(made.answer(request(1), made.permit(request(1)), send))
        await asyncio.sleep(10.0)
        made.stop(failure)
        return (await task).reply

    no_money = Failure("fatal", "no money")
    assert run(lambda: play(None)) == CLOSED
    assert run(lambda: play(no_money)) == no_money


def test_a_fatal_failure_names_the_key_that_the_server_speaks_of():
    class Said(Exception):
        status_code = 400
        headers = None

        def __init__(self):
            super().__init__("unsupported_value: temperature")
            self.headers = {"Date": "now"}

    async def send(request):
        raise Said

    async def play():
        made = sending()
        asked = request(1, temperature=0.5)
        return (await made.answer(asked, made.permit(asked), send)).reply

    assert "Change recipe.s.prompt.decoding.temperature (now 0.5)" in run(play).message
