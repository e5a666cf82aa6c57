from dataclasses import dataclass, replace

import pytest

from selfinstruct.budget import UNLIMITED, BudgetTracker
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.prompt.structured import Structured
from selfinstruct.recipe import StageContext
from selfinstruct.recipe.round_builder import RoundBuilder, judge, measured
from selfinstruct.request import Completion, Failure
from selfinstruct.round import Candidate, End, Ending, Rejection, Sample


class Lines:
    """A parser: each line is an instruction, `#` makes it unreadable."""

    reply_format = "lines"

    def parse(self, completion, shown):
        return [
            Rejection(filter="parse", reason="unreadable", text=line) if line.startswith("#") else Candidate(line)
            for line in completion.text.splitlines()
        ]


@dataclass
class Says:
    """A filter that gives one reason, or none, to every candidate."""

    reason: str | None

    def reject(self, candidate, pool):
        return self.reason


@dataclass
class Near:
    nearest: tuple
    average: float | None = None


@dataclass
class Measures(Says):
    """A filter that also measures."""

    near: Near

    def nearest(self, candidate, pool):
        return self.near.nearest[0] if self.near.nearest else None

    def measure(self, tasks, pool):
        return [self.near for _ in tasks]


NEAR = Near(nearest=(("seed_task_0", 0.5), ("seed_task_1", 0.25)))
FAR = Near(nearest=())
PROMPT = Prompt(
    template="{{ word }}",
    system=None,
    values={},
    few_shot={},
    decoding={"temperature": 0.0},
    retry_temperature=0.7,
    parser=Lines(),
)


def samples(*words):
    return [Sample(variables={"word": word}) for word in words]


def at(model):
    return StageContext(
        name="grow", pool=Pool(), model=model, budget=BudgetTracker(UNLIMITED), random_seed=1, logged_rounds=[]
    )


@pytest.fixture
def turn():
    return RoundBuilder("grow", 3, "scripted")


def test_every_sample_comes_with_its_request_and_what_its_reply_holds(turn, scripted):
    model = scripted(lambda r: f"Do {r.text}\n# no")

    found = list(turn.ask(PROMPT, at(model), samples("a", "b")))

    assert [(sample.variables["word"], request, pieces[0]) for sample, request, pieces in found] == [
        ("a", "grow/3/1", Candidate("Do a")),
        ("b", "grow/3/2", Candidate("Do b")),
    ]
    assert (turn.asked, turn.parsed) == (2, 2)


def test_requests_of_a_later_attempt_go_on_with_the_numbers(turn, scripted):
    model = scripted(lambda r: "x")
    list(turn.ask(PROMPT, at(model), samples("a", "b")))

    list(turn.ask(PROMPT, at(model), samples("b"), attempt=2))

    assert [(request.id, request.decoding.temperature) for request in model.asked] == [
        ("grow/3/1", 0.0),
        ("grow/3/2", 0.0),
        ("grow/3/3", 0.7),
    ]
    assert turn.asked == 3


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_the_model_s_mode_says_whether_a_request_is_a_message(turn, scripted, mode):
    model = scripted(lambda r: "x", mode=mode)

    list(turn.ask(PROMPT, at(model), samples("a")))

    assert model.asked[0].chat is (mode == "chat")


def test_a_model_that_leaves_a_request_out_is_an_error(turn):
    class Silent:
        mode = "chat"

        def pricing(self):
            return None

        def complete(self, requests):
            return iter(())

    with pytest.raises(ValueError, match="shorter"):
        list(turn.ask(PROMPT, at(Silent()), samples("a")))


def test_a_request_without_a_reply_is_one_rejection_by_the_model(turn, scripted):
    model = scripted(lambda r: Completion(failure=Failure("refused", "too long")))

    ((_, _, found),) = turn.ask(PROMPT, at(model), samples("a"))

    assert found == [Rejection(filter="model", reason="too long")]
    assert (turn.asked, turn.failed, turn.parsed) == (1, 1, 0)


def test_tokens_and_cost_are_added_up(turn, scripted):
    list(turn.ask(PROMPT, at(scripted(lambda r: "x")), samples("a", "b")))

    assert (turn.prompt_tokens, turn.completion_tokens, turn.cost_usd) == (20, 10, 0.5)


def test_one_unknown_price_makes_the_cost_unknown_for_good(turn, scripted):
    model = scripted(lambda r: Completion(text="x", cost_usd=None if r.text == "b" else 0.5))

    list(turn.ask(PROMPT, at(model), samples("a", "b", "c")))

    assert turn.cost_usd is None


def test_a_failure_costs_nothing_and_leaves_the_cost_known(turn, scripted):
    model = scripted(lambda r: Completion(failure=Failure("refused", "too long")) if r.text == "a" else "x")

    list(turn.ask(PROMPT, at(model), samples("a", "b")))

    assert turn.cost_usd == 0.25


def test_a_rejection_is_counted_with_its_request_and_its_task(turn, scripted, task, pool):
    ((_, request, _),) = turn.ask(PROMPT, at(scripted(lambda r: "x")), samples("a"))
    turn.reject(Rejection(filter="parse", reason="unreadable"), request, Sample(variables={}))
    turn.reject(Rejection(filter="parse", reason="unreadable"), request, Sample(variables={}, task=task(4)))

    assert turn.done(pool).rejections == (
        Rejection(filter="parse", reason="unreadable", request="grow/3/1"),
        Rejection(filter="parse", reason="unreadable", request="grow/3/1", task="seed_task_4"),
    )


def test_of_a_task_that_was_kept_twice_the_newest_version_is_logged_in_its_first_place(turn, task, pool):
    for version in (task(1), task(2), task(1, is_classification=True)):
        turn.keep(version)

    assert turn.done(pool).tasks == (task(1, is_classification=True), task(2))


def test_a_round_says_which_it_is_how_large_the_pool_is_and_why_it_was_the_last(turn, pool):
    done = turn.done(pool, ending=Ending(End.SATURATED, "saturated"))

    assert (done.stage, done.number, done.pool, done.ended) == ("grow", 3, 10, "saturated")


def test_a_candidate_that_no_filter_has_a_reason_against_passes(pool):
    assert judge(Candidate("Sing."), {"a": Says(None), "b": Measures(None, NEAR)}, pool) is None


def test_the_first_reason_wins(pool):
    candidate = Candidate("Sing.")

    verdict = judge(candidate, {"a": Says(None), "b": Says("short"), "c": Says("known")}, pool)

    assert verdict == Rejection(filter="b", reason="short", candidate=candidate)


@pytest.mark.parametrize(
    ("filter_", "nearest"),
    [(Measures("known", NEAR), ("seed_task_0", 0.5)), (Measures("known", FAR), None), (Says("known"), None)],
)
def test_the_nearest_task_is_named_where_the_filter_that_rejects_knows_one(pool, filter_, nearest):
    verdict = judge(Candidate("Sing."), {"measures too": Measures(None, NEAR), "known": filter_}, pool)

    assert verdict is not None
    assert verdict.nearest == nearest


def test_the_neighbors_are_those_of_the_first_filter_that_measures(pool, task):
    filters = {"a": Says(None), "b": Measures(None, FAR), "c": Measures(None, NEAR)}

    (far,) = measured([task(1, most_similar=(("x", 1.0),))], filters, pool)
    (near,) = measured([task(1)], {"c": filters["c"]}, pool)

    assert (far.most_similar, near.most_similar) == ((), NEAR.nearest)


def test_without_a_filter_that_measures_tasks_stay_as_they_are(pool, task):
    assert measured([task(1)], {"a": Says(None)}, pool) == [task(1)]


def test_tokens_that_one_reply_does_not_count_are_unknown_for_the_round(turn, scripted):
    model = scripted(lambda r: Completion(text="x", prompt_tokens=3, completion_tokens=None if r.text == "a" else 5))

    list(turn.ask(PROMPT, at(model), samples("a", "b")))

    assert (turn.prompt_tokens, turn.completion_tokens) == (6, None)


def test_what_is_asked_is_under_way_before_the_first_reply_is_taken(turn, scripted):
    model = scripted(lambda r: "x")

    answers = turn.ask(PROMPT, at(model), samples("a", "b"))

    assert (len(model.asked), len(answers), turn.asked, turn.parsed) == (2, 2, 2, 0)


def test_replies_with_control_tokens_are_counted(turn, scripted):
    model = scripted(lambda request: f"Sing {request.text}." + ("</s>" if request.text != "b" else ""))
    for _ in turn.ask(PROMPT, at(model), samples("a", "b", "c")):
        pass

    assert turn.done(Pool()).row()["control_tokens"] == 2


def test_a_round_without_control_tokens_has_no_figure_of_them(turn, scripted):
    for _ in turn.ask(PROMPT, at(scripted(lambda request: "Explain </s> to me.")), samples("a")):
        pass

    assert "control_tokens" not in turn.done(Pool()).row()


def test_replies_that_ignore_the_schema_are_counted_and_read_as_text(turn, scripted):
    schema = {"type": "object", "properties": {"instruction": {"type": "string"}}}
    prompt = replace(PROMPT, structured=Structured(enabled=True, system="", schema=schema, text=None))
    model = scripted(lambda request: '{"instruction": "Hum."}' if request.text == "b" else f"Sing {request.text}.")

    answers = [found for _, _, found in turn.ask(prompt, at(model), samples("a", "b", "c"))]

    assert [piece.instruction for found in answers for piece in found] == ["Sing a.", "Hum.", "Sing c."]
    assert turn.done(Pool()).row()["schema_ignored"] == 2


@pytest.mark.parametrize("word", ["content_filter", "abort"])
def test_half_a_text_from_the_store_of_an_earlier_version_is_rejected_with_the_providers_word(word):
    turn = RoundBuilder("stage", 1, "m")

    found = turn.read(PROMPT, Completion("a\nb", finish_reason=word, prompt_tokens=5), Sample({}), False)

    assert found == [Rejection(filter="model", reason=f"the reply ended with '{word}'")]
    assert (turn.parsed, turn.prompt_tokens) == (0, 5)


class Strict(Lines):
    """A parser that rejects a reply without text."""

    def parse(self, completion, shown):
        return super().parse(completion, shown) or [Rejection(filter="parse", reason="empty reply")]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("length", "empty reply: a limit was reached before any text (raise max_tokens of the prompt's decoding)"),
        ("tool_calls", "empty reply: the model called a tool"),
        ("stop", "empty reply"),
    ],
)
def test_an_empty_reply_is_rejected_with_why_it_is_empty(word, reason):
    prompt = Prompt(**{**vars(PROMPT), "parser": Strict()})

    (found,) = RoundBuilder("stage", 1, "m").read(prompt, Completion("", finish_reason=word), Sample({}), False)

    assert found.reason == reason


def test_tokens_that_came_from_a_cache_are_counted_where_there_are_any(turn, scripted):
    cached = {"a": 90, "b": None, "c": 0, "d": 10}
    for _ in turn.ask(
        PROMPT, at(scripted(lambda request: Completion("x", cached_tokens=cached[request.text]))), samples(*"abcd")
    ):
        pass

    assert turn.done(Pool()).row()["cached_tokens"] == 100


def test_a_round_without_cached_tokens_has_no_figure_of_them(turn, scripted):
    for _ in turn.ask(PROMPT, at(scripted(lambda request: Completion("x", cached_tokens=0))), samples("a")):
        pass

    assert "cached_tokens" not in turn.done(Pool()).row()
