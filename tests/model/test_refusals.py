"""Whose fault a refusal is: the request's own, or that of everything that is asked."""

import asyncio
import logging
from concurrent.futures import Future
from types import MappingProxyType

import pytest
from virtual import Status, asked, endpoint, request, run

from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.refusals import FEW, MANY, PROBE
from selfinstruct.model.request_queue import RequestQueue
from selfinstruct.model.secrets import Secrets
from selfinstruct.request import Completion


class Refused(Exception):
    status_code = 400
    headers = MappingProxyType({"Date": "now"})

    def __init__(self, message="Your balance is too low."):
        super().__init__(message)


def refusing(refused, message="Your balance is too low.", seconds=0.0):
    """A server that refuses whatever this is true of."""

    async def answer(request, time):
        if seconds and not refused(request, time):
            await asyncio.sleep(seconds)
        if refused(request, time):
            raise Refused(message)

    return answer


def garbling(garbled):
    """A server that gives half a reply to whatever this is true of."""

    async def answer(request, time):
        if garbled(request):
            raise GarbledError(200, "half", {})

    return answer


def kinds(replies):
    return [reply.failure and reply.failure.kind for reply in replies]


def probes(attempts):
    return [text for text, _ in attempts].count(PROBE)


def test_a_run_without_refusals_sends_no_probe():
    _, attempts = asked(refusing(lambda request, time: False), 50)

    assert len(attempts) == 50
    assert probes(attempts) == 0


@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_refusals_among_answers_are_the_requests_own_at_any_concurrency(concurrency):
    replies, attempts = asked(
        refusing(lambda request, time: request.text in ("3", "17"), seconds=1.0), 40, concurrency=concurrency
    )

    assert [number for number, kind in enumerate(kinds(replies)) if kind == "refused"] == [3, 17]
    assert kinds(replies).count(None) == 38
    assert replies[3].failure.message == "HTTP 400, Your balance is too low."
    assert [text for text, _ in attempts].count("3") == 2


@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_an_account_that_is_empty_from_some_moment_stops_everything_and_nothing_is_refused_for_itself(concurrency):
    sent = []

    def is_empty(request, time):
        sent.append(request.text)
        return len(sent) > 12

    replies, attempts = asked(refusing(is_empty), 200, concurrency=concurrency)

    assert kinds(replies) == [None] * 12 + ["fatal"] * 188
    assert probes(attempts) == 1
    assert len(attempts) <= 12 + MANY + concurrency
    assert replies[12].failure.message == (
        "HTTP 400, Your balance is too low. "
        "(Every request of s is refused now, even a few words with the same parameters.)"
    )


def test_an_account_that_is_empty_from_the_start_is_noticed_after_a_few_requests():
    replies, attempts = asked(refusing(lambda request, time: True), 200, concurrency=1)

    assert set(kinds(replies)) == {"fatal"}
    assert len(attempts) == FEW + 1


def test_what_was_refused_while_an_account_was_refilled_is_answered():
    sent = []

    def is_empty(request, time):
        sent.append(request.text)
        return 10 < len(sent) <= 14

    replies, _ = asked(refusing(is_empty), 60, concurrency=2)

    assert kinds(replies) == [None] * 60


@pytest.mark.parametrize("count", [1, 2, FEW - 1])
def test_a_stage_of_a_few_requests_that_are_all_refused_for_themselves_comes_to_its_end(count):
    replies, attempts = asked(refusing(lambda request, time: request.text != PROBE), count)

    assert kinds(replies) == ["refused"] * count
    assert probes(attempts) == 2


@pytest.mark.parametrize("count", [FEW, MANY, 100])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_stage_whose_every_prompt_is_refused_stops_though_the_probe_is_answered(count, concurrency):
    replies, attempts = asked(refusing(lambda request, time: request.text != PROBE), count, concurrency=concurrency)

    assert set(kinds(replies)) == {"fatal"}
    assert "check the length and the content of recipe.s.prompt" in replies[0].failure.message
    assert len(attempts) <= MANY + 2 * concurrency + 2


def test_prompts_that_are_too_long_are_found_in_the_stage_that_has_them_though_others_were_answered():
    requests = [request(number) for number in range(20)] + [request(number, stage="long") for number in range(40)]
    answer = refusing(lambda request, time: request.stage == "long" and request.text != PROBE)

    replies, _ = asked(answer, requests)

    assert kinds(replies) == [None] * 20 + ["fatal"] * 40


def test_a_parameter_that_is_refused_is_found_in_the_stage_that_has_it_though_others_are_answered_meanwhile():
    requests = [request(number, temperature=0.7) for number in range(30)]
    requests += [request(number, stage="hot", text=f"hot {number}", temperature=2) for number in range(30)]
    answer = refusing(lambda request, time: request.decoding.temperature == 2, "temperature is too high.", seconds=0.5)

    replies, _ = asked(answer, requests, concurrency=40)

    assert "fatal" in kinds(replies)
    assert "refused" not in kinds(replies)
    assert "Change recipe.hot.prompt.decoding.temperature (now 2.0); null sends" in replies[-1].failure.message


def test_a_stage_that_was_answered_by_an_earlier_process_may_be_left_with_nothing_but_refused_requests():
    answer = refusing(lambda request, time: request.text != PROBE)

    replies, _ = asked(answer, 30, remembered=["s"])

    assert kinds(replies) == ["refused"] * 30


def test_one_prompt_that_is_asked_again_and_again_is_one_prompt():
    requests = [request(number, text="the same") for number in range(30)]

    replies, _ = asked(refusing(lambda request, time: request.text != PROBE), requests)

    assert kinds(replies) == ["refused"] * 30


def test_what_is_slow_to_be_answered_is_waited_for_before_a_stage_is_given_up():
    answer = refusing(lambda request, time: request.text not in ("19", PROBE), seconds=30.0)

    replies, _ = asked(answer, 20, concurrency=20)

    assert kinds(replies) == ["refused"] * 19 + [None]


def test_nothing_new_is_sent_while_a_probe_is_under_way():
    async def answer(request, time):
        if request.text == PROBE:
            await asyncio.sleep(100.0)
        raise Refused

    _, attempts = asked(answer, 100, concurrency=2, timeout_seconds=600)

    assert {time for _, time in attempts} == {0.0}
    assert len(attempts) <= FEW + 2


def test_a_probe_is_tried_again_like_any_request():
    async def answer(request, time):
        if request.text != "0" and not (request.text == PROBE and time == 1):
            return
        raise Refused if request.text == "0" else Status(503)

    replies, attempts = asked(answer, 1)

    assert kinds(replies) == ["refused"]
    assert probes(attempts) == 3


def test_a_probe_that_meets_a_bad_key_ends_as_any_request():
    async def answer(request, time):
        raise Status(401) if request.text == PROBE else Refused()

    replies, _ = asked(answer, 3)

    assert kinds(replies) == ["fatal"] * 3
    assert replies[0].failure.message == "status 401"


def test_a_probe_asks_with_the_parameters_of_what_was_refused():
    seen = []

    async def answer(request, time):
        seen.append(request)
        if request.text == "0":
            raise Refused

    asked(answer, [request(0, max_tokens=9, temperature=0.3, stop=["x"], extra={"top_k": 2})])

    probe = next(request for request in seen if request.text == PROBE)
    assert (probe.decoding, probe.chat, probe.system) == (seen[0].decoding, seen[0].chat, None)
    assert probe.id == "s/1/0/probe"


def test_every_probe_is_in_the_log(caplog):
    caplog.set_level(logging.INFO)

    asked(refusing(lambda request, time: request.text != PROBE), 1)

    reports = [record.getMessage() for record in caplog.records if "probe" in record.getMessage()]
    assert reports == ["The probe s/1/0/probe was answered: the refused requests are judged one by one."] * 2


@pytest.mark.parametrize("how", ["close", "abandon"])
def test_a_closed_session_holds_no_refusal_any_longer(how):
    async def send(request):
        if request.text == "0":
            raise Refused
        await asyncio.sleep(5.0)
        return Completion(request.text)

    async def play():
        queue = RequestQueue(endpoint(concurrency=2), Secrets())
        futures = [Future() for _ in range(2)]
        queue.open(send)
        queue.extend([(request(number), future) for number, future in enumerate(futures)])
        await asyncio.sleep(1.0)
        getattr(queue, how)()
        await queue.over.wait()
        return futures

    refused, _ = run(play)

    assert refused.result().failure.kind == "unavailable"


def test_a_bug_while_a_probe_is_judged_reaches_the_caller():
    class Broken(Secrets):
        def out_of_reply(self, reply):
            raise KeyError("defect")

    async def send(request):
        if request.text == "0":
            raise Refused
        return Completion("yes")

    async def play():
        queue = RequestQueue(endpoint(), Broken())
        future = Future()
        queue.open(send)
        queue.extend([(request(0), future)])
        await asyncio.gather(asyncio.wrap_future(future), return_exceptions=True)
        queue.close()
        await queue.over.wait()
        return future

    assert isinstance(run(play).exception(), KeyError)


@pytest.mark.parametrize("concurrency", [1, 4, 64])
@pytest.mark.parametrize("attempts", [1, 3, 8])
def test_a_server_that_garbles_everything_from_some_moment_stops_and_no_request_is_to_blame(attempts, concurrency):
    sent = []

    def is_sick(request):
        sent.append(request.text)
        return len(sent) > 12

    replies, _ = asked(garbling(is_sick), 200, concurrency=concurrency, attempts=attempts)

    assert set(kinds(replies)) == {None, "fatal"}
    assert kinds(replies).count(None) == 12
    assert len(sent) <= 12 + (MANY + attempts) + (concurrency + 1) * attempts
    count = "1 attempt: half" if attempts == 1 else f"{attempts} attempts; the last: half"
    assert replies[-1].failure.message == (
        f"no whole reply in {count} "
        "(No request of s gets a whole reply now, not even a few words with the same parameters.)"
    )


def test_the_only_request_under_way_is_not_to_blame_where_no_request_gets_a_whole_reply():
    replies, attempts = asked(garbling(lambda request: True), 1, remembered=["s"], concurrency=1)

    assert kinds(replies) == ["fatal"]
    assert len(attempts) == 3 + 3


def test_what_was_garbled_while_a_server_was_sick_is_answered_when_it_is_well():
    sent = []

    def is_sick(request):
        sent.append(request.text)
        return 10 < len(sent) <= 24

    replies, _ = asked(garbling(is_sick), 60, concurrency=2)

    assert kinds(replies) == [None] * 60


@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_garbled_replies_among_answers_are_the_requests_own(concurrency):
    replies, _ = asked(garbling(lambda request: request.text in ("3", "17", "39")), 40, concurrency=concurrency)

    assert [number for number, kind in enumerate(kinds(replies)) if kind == "refused"] == [3, 17, 39]
    assert kinds(replies).count(None) == 37


def test_the_last_requests_of_a_stage_may_all_be_garbled_though_others_are_answered():
    replies, _ = asked(garbling(lambda request: request.text != PROBE), 7, remembered=["s"])

    assert kinds(replies) == ["refused"] * 7


@pytest.mark.parametrize("count", [FEW, 100])
def test_a_stage_without_any_whole_reply_stops_though_the_probe_is_answered(count):
    replies, _ = asked(garbling(lambda request: request.text != PROBE), count)

    assert set(kinds(replies)) == {"fatal"}
    assert replies[0].failure.message == (
        "no whole reply in 3 attempts; the last: half (No request of s gets a whole reply, but a few words with the "
        "same parameters are answered: check the length and the content of recipe.s.prompt.)"
    )


def test_a_refusal_is_not_believed_where_the_probe_is_garbled():
    async def answer(request, time):
        raise GarbledError(200, "half", {}) if request.text == PROBE else Refused

    replies, _ = asked(answer, 2)

    assert kinds(replies) == ["fatal"] * 2
