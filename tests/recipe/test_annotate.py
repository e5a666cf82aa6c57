from dataclasses import replace

import pytest

from selfinstruct.budget import UNLIMITED, Budget, BudgetTracker
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import StageContext
from selfinstruct.recipe.annotate import Annotate
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection, Sample
from selfinstruct.sampler.missing import Missing
from selfinstruct.task import Instance


class Answer:
    """A parser: yes, no, or `in=out;in=out` for instances; anything else is unreadable."""

    reply_format = "answer"

    def parse(self, completion, shown):
        text = completion.text
        if text in ("yes", "no"):
            return [Candidate(is_classification=text == "yes")]
        if "=" not in text:
            return [Rejection(filter="parse", reason="unreadable", text=text)]
        instances = tuple(Instance(*pair.split("=")) for pair in text.split(";"))
        return [Candidate(instances=instances, position=k) for k in range(len(instances))]


class NoEmptyOutput:
    def reject(self, candidate, pool):
        return "empty" if not candidate.instance.output else None


PROMPT = Prompt(
    template="{{ task.instruction }} {{ instances }}",
    system=None,
    values={},
    few_shot={},
    decoding={"temperature": 0.0},
    retry_temperature=0.7,
    parser=Answer(),
)


def annotate(field, **changes):
    values = {
        "requests_per_round": 2,
        "attempts": 3,
        "retry_on_filter": True,
        "instances": 2 if field == "instances" else None,
        "sampler": Missing(field=field, where={}),
        "prompt": PROMPT,
        "filters": {"empty": NoEmptyOutput()} if field == "instances" else {},
        "model": None,
    }
    return Annotate(**(values | changes))


def setting(name, pool, model, past, budget=None):
    budget = budget or BudgetTracker(UNLIMITED)
    return StageContext(name=name, pool=pool, model=model, budget=budget, random_seed=1, logged_rounds=past)


@pytest.fixture
def raw(pool, task):
    """The pool with three tasks of which nothing is known."""
    for number in range(10, 13):
        pool.add(task(number, origin="grow", is_classification=None, instances=None))
    return pool


def test_asks_about_every_task_that_lacks_the_field(raw, scripted):
    model = scripted(lambda r: "yes" if "10" in r.text else "no")

    rounds = list(annotate("is_classification").rounds(setting("clf", raw, model, [])))

    assert [raw[f"seed_task_{number}"].is_classification for number in (10, 11, 12)] == [True, False, False]
    assert raw["seed_task_10"].models == {"clf": "scripted"}
    assert [(round_.asked, round_.kept) for round_ in rounds] == [(2, 2), (1, 1)]
    assert [round_.ended for round_ in rounds] == [None, "all tasks handled"]
    assert [task.id for task in rounds[0].tasks] == ["seed_task_10", "seed_task_11"]


def test_an_unreadable_answer_is_asked_again_with_another_temperature(raw, scripted):
    model = scripted(lambda r: "yes" if r.decoding.temperature else "well")

    first = next(annotate("is_classification").rounds(setting("clf", raw, model, [])))

    assert [request.id for request in model.asked if request.round == 1] == [f"clf/1/{k}" for k in (1, 2, 3, 4)]
    assert (first.asked, first.kept, first.candidates) == (4, 2, 4)
    assert [(item.filter, item.task) for item in first.rejections] == [
        ("parse", "seed_task_10"),
        ("parse", "seed_task_11"),
    ]


def test_a_task_without_a_readable_answer_is_left_as_it_is_and_says_so(raw, scripted):
    model = scripted(lambda r: "it depends")

    rounds = list(annotate("is_classification").rounds(setting("clf", raw, model, [])))

    assert raw["seed_task_10"].is_classification is None
    assert raw["seed_task_10"].failed_stages == {"clf": "parse: unreadable"}
    assert sum(round_.asked for round_ in rounds) == 9
    assert sum(round_.kept for round_ in rounds) == 0
    assert raw["seed_task_10"] in rounds[0].tasks


def test_keeps_instances_that_pass_up_to_the_number_wanted(raw, scripted):
    model = scripted(lambda r: "a=1;b=;c=3;d=4")

    first = next(annotate("instances").rounds(setting("io", raw, model, [])))

    assert raw["seed_task_10"].instances == (Instance("a", "1"), Instance("c", "3"))
    assert [item.filter for item in first.rejections] == ["empty", "surplus"] * 2
    assert (first.kept, first.candidates) == (4, 8)
    assert first.rejections[0].row("io", 1) == {
        "stage": "io",
        "round": 1,
        "request": "io/1/1",
        "filter": "empty",
        "reason": "empty",
        "task": "seed_task_10",
        "instruction": "Explain thing number 10 in plain words.",
        "input": "b",
        "output": "",
    }


def test_what_one_filter_rejects_is_no_sibling_in_the_next(raw, scripted):
    class Alone:
        def reject(self, candidate, pool):
            return None if len(candidate.instances) == 1 else "not alone"

    stage = annotate("instances", filters={"empty": NoEmptyOutput(), "alone": Alone()})

    first = next(stage.rounds(setting("io", raw, scripted(lambda r: "a=;b=2"), [])))

    assert raw["seed_task_10"].instances == (Instance("b", "2"),)
    assert [item.filter for item in first.rejections] == ["empty", "empty"]


def test_a_reply_of_which_nothing_passes_is_asked_again(raw, scripted):
    model = scripted(lambda r: "a=1" if r.decoding.temperature else "a=")

    next(annotate("instances").rounds(setting("io", raw, model, [])))

    assert raw["seed_task_10"].instances == (Instance("a", "1"),)


def test_the_template_sees_how_many_instances_are_wanted(raw, scripted):
    model = scripted(lambda r: "a=1")
    next(annotate("instances").rounds(setting("io", raw, model, [])))

    assert model.asked[0].text.endswith(" 2")
    assert annotate("instances").preview(raw, None).variables["instances"] == 2


def test_goes_on_where_it_was_stopped(raw, scripted):
    model = scripted(lambda r: "no")
    stage = annotate("is_classification")
    committed = Pool(raw)
    first = next(stage.rounds(setting("clf", raw, model, [])))
    for task in first.tasks:
        committed.put(task)

    (second,) = stage.rounds(setting("clf", committed, model, [first.row()]))

    assert second.number == 2
    assert [task.id for task in second.tasks] == ["seed_task_12"]


class Later:
    """A model that answers nothing before so much was asked."""

    name, mode = "later", "chat"

    def __init__(self, needed, answer):
        self.needed, self.answer, self.asked = needed, answer, []

    def pricing(self):
        return None

    def complete(self, requests):
        self.asked += requests
        return self._replies(requests)

    def _replies(self, requests):
        for request in requests:
            assert len(self.asked) >= self.needed, "a reply was waited for too early"
            yield Completion(text=self.answer(request))


def test_no_round_waits_for_another(raw):
    model = Later(needed=3, answer=lambda r: "no")

    rounds = list(annotate("is_classification").rounds(setting("clf", raw, model, [])))

    assert [round_.number for round_ in rounds] == [1, 2]


def test_second_attempts_are_under_way_beside_the_first_of_later_rounds(raw, scripted):
    model = scripted(lambda r: "yes" if r.decoding.temperature else "well")

    rounds = list(annotate("is_classification").rounds(setting("clf", raw, model, [])))

    assert [request.id for request in model.asked] == [
        *("clf/1/1", "clf/1/2", "clf/2/1"),
        *("clf/1/3", "clf/1/4", "clf/2/2"),
    ]
    assert [round_.asked for round_ in rounds] == [4, 2]


def test_a_round_that_is_complete_waits_for_those_before_it(raw, scripted):
    model = scripted(lambda r: "yes" if "12" in r.text else "well")

    rounds = list(annotate("is_classification").rounds(setting("clf", raw, model, [])))

    assert [(round_.number, round_.asked) for round_ in rounds] == [(1, 6), (2, 1)]


def test_what_is_under_way_when_nobody_wants_more_rounds_is_not_needed(raw, scripted):
    model = scripted(lambda r: "well")
    closed = []
    complete = model.complete

    def watched(requests):
        replies = complete(requests)
        replies.close = lambda: closed.append(len(requests))
        return replies

    model.complete = watched
    rounds = annotate("is_classification", attempts=1, requests_per_round=1).rounds(setting("clf", raw, model, []))
    next(rounds)
    rounds.close()

    assert closed == [1, 1]


def test_has_nothing_to_do_when_no_task_lacks_the_field(pool, scripted):
    assert list(annotate("instances").rounds(setting("io", pool, scripted(lambda r: "a=1"), []))) == []


def test_needs_a_sampler_that_gives_a_task(raw, scripted):
    class Nothing:
        def sample(self, pool, rng, count, stage):
            return [Sample(variables={"task": pool["seed_task_0"]})]

        def preview(self, pool, rng):
            raise ValueError

    with pytest.raises(ValueError, match="gives tasks to complete"):
        next(annotate("instances", sampler=Nothing()).rounds(setting("io", raw, scripted(lambda r: "a=1"), [])))


def limited(**limits):
    return BudgetTracker(Budget(**({"requests": None, "tokens": None, "usd": None, "minutes": None} | limits)))


def test_a_budget_leaves_what_it_does_not_allow_for_later(raw, scripted):
    model, held = scripted(lambda r: "no"), limited(requests=2)

    rounds = list(annotate("is_classification").rounds(setting("clf", raw, model, [], held)))

    assert [(round_.asked, round_.kept, round_.end, round_.ended) for round_ in rounds] == [(2, 2, None, None)]
    assert [raw[f"seed_task_{number}"].is_classification for number in (10, 11, 12)] == [False, False, None]
    assert not raw["seed_task_12"].failed_stages
    assert held.empty.limit == "requests"


def test_a_round_with_a_question_that_is_still_to_be_asked_again_is_not_given(raw, scripted):
    model, held = scripted(lambda r: "well" if "11" in r.text else "yes"), limited(requests=3)

    rounds = list(annotate("is_classification").rounds(setting("clf", raw, model, [], held)))

    assert [request.id for request in model.asked] == ["clf/1/1", "clf/1/2", "clf/1/3"]
    assert rounds == []
    assert [raw[f"seed_task_{number}"].is_classification for number in (10, 11, 12)] == [None] * 3
    assert not any(raw[f"seed_task_{number}"].failed_stages for number in (10, 11, 12))
    assert (held.empty.limit, held.empty.needed) == ("requests", "4")


def test_no_round_is_started_that_could_not_be_finished_beside_those_under_way(raw, scripted):
    said = iter(["well", "well", "yes", "yes", "yes"])
    model = scripted(lambda r: next(said))

    rounds = list(annotate("is_classification").rounds(setting("clf", raw, model, [], limited(requests=5))))

    assert [request.id for request in model.asked] == ["clf/1/1", "clf/1/2", "clf/1/3", "clf/1/4", "clf/2/1"]
    assert [(round_.asked, round_.kept) for round_ in rounds] == [(4, 2), (1, 1)]


SHORT = replace(PROMPT, decoding={"max_tokens": 100, "temperature": 0.0}, template="{{ task.id }}")
"""A question of it may take 106 tokens; with the reply that is scripted it takes 15."""


def judged(raw, model, tokens=None, **changes):
    """The rounds of a stage as they are committed, and the order of its questions."""
    stage = annotate("verdict", **({"prompt": replace(SHORT, parser=Verdict()), "filters": {"no": NoBad()}} | changes))
    held = None if tokens is None else limited(tokens=tokens)
    model.asked.clear()
    rounds = list(stage.rounds(setting("judge", raw, model, [], held)))
    return [(made.row(), made.tasks, made.rejections) for made in rounds], [request.id for request in model.asked]


@pytest.mark.parametrize(
    ("is_final", "tokens", "finished"),
    [
        *((True, 300, True), (True, 155, True), (True, 145, False), (True, 125, False)),
        *((False, 300, True), (False, 185, True), (False, 175, False), (False, 160, False), (False, 110, False)),
    ],
)
def test_a_round_that_was_asked_in_part_is_finished_later_and_is_what_it_would_have_been(
    tokens, finished, is_final, task, scripted
):
    """Two questions fit at once into 300 tokens, and one at a time into fewer."""
    said = {"seed_task_10": "?", "seed_task_11": "bad", "seed_task_12": "good"}
    model = scripted(lambda r: "good" if r.decoding.temperature and "0" in r.text else said[r.text.split()[0]])
    raws = [Pool(task(n, origin="grow", is_classification=None, instances=None) for n in (10, 11, 12)) for _ in "ab"]
    words = {"requests_per_round": 3, "retry_on_filter": not is_final, "sampler": Missing(field="verdict", where={})}

    whole, asked = judged(raws[0], model, **words)
    some, asked_in_parts = judged(raws[1], model, tokens, **words)

    assert some == (whole if finished else [])
    assert asked_in_parts == (asked if finished else asked[: len(asked_in_parts)])
    assert finished == (len(asked_in_parts) == len(asked))
    assert finished == (list(raws[0]) == list(raws[1]))


class Verdict:
    """A parser: what is said is an attribute, `?` is unreadable."""

    reply_format = "verdict"

    def parse(self, completion, shown):
        if completion.text == "?":
            return [Rejection(filter="parse", reason="unreadable", text="?")]
        return [Candidate(attributes={"verdict": completion.text})]


class NoBad:
    def reject(self, candidate, pool):
        return "bad" if candidate.attributes.get("verdict") == "bad" else None


def test_what_a_judge_says_is_an_attribute_and_stands(raw, scripted):
    said = iter(["good", "bad", "?", "good"])
    model = scripted(lambda r: next(said))
    prompt, sampler = replace(PROMPT, parser=Verdict()), Missing(field="verdict", where={"origin": "grow"})
    judging = {"filters": {"no": NoBad()}, "retry_on_filter": False, "requests_per_round": 3}
    stage = annotate("verdict", prompt=prompt, sampler=sampler, **judging)

    (only,) = stage.rounds(setting("judge", raw, model, []))
    one, two, three = (task for task in raw if not task.is_human)

    assert len(model.asked) == 4
    assert (one.attributes, three.attributes) == ({"verdict": "good"}, {"verdict": "good"})
    assert (two.attributes, two.failed_stages) == ({}, {"judge": "no: bad"})
    assert only.rejections[0].row("judge", 1)["attributes"] == {"verdict": "bad"}


class ByInput:
    """Asks about two inputs of every task, one after the other."""

    def sample(self, pool, rng, count, stage):
        return [
            Sample(variables={"task": task}, task=task, input=text, attributes={"input": text})
            for task in pool
            if not task.is_human
            for text in "xy"
            if text not in {pair.input for pair in task.instances or ()} | set(task.attributes.get("unanswered", ()))
        ]

    def preview(self, pool, rng):
        raise ValueError


BY_INPUT = PROMPT.__class__(
    template="{{ task.instruction }} {{ task.id }} {{ attempt }}",
    system=None,
    values={},
    few_shot={},
    decoding={"temperature": 0.0},
    retry_temperature=None,
    parser=Answer(),
)


def by_input(**changes):
    return annotate("instances", sampler=ByInput(), prompt=BY_INPUT, filters={}, instances=1, attempts=2, **changes)


def test_a_round_holds_no_answer_of_a_later_one_about_the_same_task(raw, scripted):
    model = scripted(lambda r: "well" if r.text.endswith("1") and r.round == 2 else f"in={r.id}")
    stage = by_input(requests_per_round=3)

    rounds = list(stage.rounds(setting("io", raw, model, [])))

    assert [[task.id for task in round_.tasks] for round_ in rounds] == [
        ["seed_task_10", "seed_task_11"],
        ["seed_task_11", "seed_task_12"],
    ]
    assert [len(task.instances) for round_ in rounds for task in round_.tasks] == [2, 1, 2, 2]
    assert len(raw["seed_task_12"].instances) == 2


def test_an_input_that_nobody_answers_is_given_up_alone(raw, scripted):
    model = scripted(lambda r: "well" if int(r.id.rsplit("/", 1)[1]) in (1, 7) else "y=1")

    (round_,) = by_input(requests_per_round=6).rounds(setting("io", raw, model, []))

    assert (round_.asked, round_.kept) == (7, 5)
    assert raw["seed_task_10"].attributes == {"unanswered": {"x": "parse: unreadable"}}
    assert raw["seed_task_10"].instances == (Instance("y", "1"),)
    assert not raw["seed_task_10"].failed_stages
    assert [item.row("io", 1)["attributes"] for item in round_.rejections] == [{"input": "x"}] * 2


def test_a_run_that_asks_by_input_goes_on_where_it_was_stopped(raw, scripted):
    model = scripted(lambda r: ("x" if int(r.id.rsplit("/", 1)[1]) % 2 else "y") + "=1")
    stage = by_input(requests_per_round=2)
    committed = Pool(raw)
    rounds = stage.rounds(setting("io", raw, model, []))
    first = next(rounds)
    for task in first.tasks:
        committed.put(task)
    rest = list(rounds)

    again = list(stage.rounds(setting("io", committed, model, [first.row()])))

    assert [(round_.row(), round_.tasks) for round_ in again] == [(round_.row(), round_.tasks) for round_ in rest]


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("words", [(), ("experiment=paper",)])
@pytest.mark.parametrize(
    ("second", "finish_reason", "reason"),
    [("a wat", "length", "truncated"), ("oak", "stop", "repeats_input"), ("as follows:", "stop", "ends_with_colon")],
)
def test_an_instance_that_is_rejected_spoils_no_other_in_whatever_order_the_filters_are_written(
    second, finish_reason, reason, words, is_reversed, composed, built, tmp_path, raw, scripted
):
    config = composed(*words)
    stage = config["recipe"]["input_first"]
    if is_reversed:
        stage["filters"] = dict(reversed(stage["filters"].items()))
    text = f"Example 1\noak\nOutput: a tree\n\nExample 2\nelm\nOutput: a tree\n\nExample 3\noak\nOutput: {second}"
    model = scripted(lambda r: Completion(text=text, finish_reason=finish_reason))
    for task in list(raw):
        if not task.is_human:
            raw.put(replace(task, is_classification=False))

    first = next(built(config, tmp_path).recipe["input_first"].rounds(setting("input_first", raw, model, [])))

    assert raw["seed_task_10"].instances == (Instance("oak", "a tree"), Instance("elm", "a tree"))
    assert {item.filter for item in first.rejections} == {reason}
