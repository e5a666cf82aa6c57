"""Several answers to one question: which is chosen, what is stored of the others, and that no stop shows."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from selfinstruct.budget import UNLIMITED, BudgetTracker
from selfinstruct.filters.refusal import Refusal
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.prompt.whole_reply import WholeReply
from selfinstruct.prompt.yes_no import YesNo
from selfinstruct.recipe import StageContext
from selfinstruct.recipe.alternatives import drawn, with_chosen
from selfinstruct.recipe.annotate import Annotate
from selfinstruct.recipe.outcome import Outcome, apply_outcome
from selfinstruct.round import Candidate, Rejection, Sample
from selfinstruct.sampler.missing import Missing
from selfinstruct.sampler.unanswered import Unanswered
from selfinstruct.task import Instance

PROMPT = Prompt(
    template="{{ task.instruction }}",
    system=None,
    values={},
    few_shot={},
    decoding={"temperature": 1.0},
    retry_temperature=None,
    parser=WholeReply(),
)


def stage(**changes):
    values = {
        "requests_per_round": 2,
        "attempts": 2,
        "retry_on_filter": False,
        "instances": 1,
        "answers": 3,
        "sampler": Missing(field="alternatives", where={"is_human": False}),
        "prompt": PROMPT,
        "filters": {"refusal": Refusal(words={"sorry": True}, below_words=80)},
        "model": None,
    }
    return Annotate(**(values | changes))


def answers(*outputs, given=""):
    return [Candidate(instances=(Instance(given, output),)) for output in outputs]


def rounds(pool, model, logged=(), **changes):
    context = StageContext(
        name="answers",
        pool=pool,
        model=model,
        budget=BudgetTracker(UNLIMITED),
        random_seed=1,
        logged_rounds=logged,
    )
    return stage(**changes).rounds(context)


@pytest.fixture
def raw(pool, task):
    """Ten seeds, and three tasks without instances."""
    for number in range(10, 13):
        pool.add(task(number, origin="grow", instances=None))
    return pool


def made(pool):
    return [one for one in pool if not one.is_human]


def test_the_answer_that_most_agree_on_is_kept_and_the_others_stand_beside_it(task):
    done = drawn(task(instances=None), answers("4", "Five", "five ", "six"))

    assert done.instances == (Instance("", "Five"),)
    assert done.attributes["alternatives"] == [
        {"output": "4", "votes": 1, "score": 1, "chosen": False},
        {"output": "Five", "votes": 2, "score": 2, "chosen": True},
        {"output": "six", "votes": 1, "score": 1, "chosen": False},
    ]


def test_the_first_answer_is_kept_where_none_has_more_votes(task):
    assert drawn(task(instances=None), answers("b", "a", "c")).instances == (Instance("", "b"),)


def test_an_answer_that_a_task_has_already_is_an_alternative_and_its_other_instances_stay(task):
    before = task(instances=(Instance("in", "old"), Instance("more", "too")))
    done = drawn(before, answers("new", "new"))

    assert done.instances == (Instance("in", "new"), Instance("more", "too"))
    assert [one["output"] for one in done.attributes["alternatives"]] == ["old", "new"]


def test_what_a_judge_chooses_becomes_the_output(task):
    before = drawn(task(instances=(Instance("in", "old"),)), answers("new"))
    rated = [{**one, "chosen": one["output"] == "new"} for one in before.attributes["alternatives"]]
    sample = Sample(variables={}, task=before)

    done = apply_outcome(before, Outcome(sample, (Candidate(attributes={"alternatives": rated}),)), "choice", "judge")

    assert done.instances == (Instance("in", "new"),)
    assert done.models["choice"] == "judge"
    assert with_chosen(done) == done


def test_every_task_is_asked_about_so_many_times_in_one_round(raw, scripted):
    said = iter(["a", "b", "b", "c", "c", "c", "d", "e", "f"])
    model = scripted(lambda request: next(said))
    found = list(rounds(raw, model))

    assert [(one.asked, one.kept) for one in found] == [(6, 6), (3, 3)]
    assert [one.instances[0].output for one in made(raw)] == ["b", "c", "d"]
    assert [len(one.attributes["alternatives"]) for one in made(raw)] == [2, 1, 3]


def test_an_answer_that_a_filter_rejects_is_no_alternative_but_a_rejection(raw, scripted):
    said = iter(["sorry", "a", "sorry", *["sorry"] * 3, *"bbb"])
    found = list(rounds(raw, scripted(lambda request: next(said))))
    one, two, three = made(raw)

    assert [item["output"] for item in one.attributes["alternatives"]] == ["a"]
    assert (two.instances, list(two.failed_stages)) == (None, ["answers"])
    assert three.instances
    assert sum(len(one.rejections) for one in found) == 5


def test_an_answer_that_cannot_be_read_is_drawn_again(raw, scripted):
    said = iter(["a", "", "b", *"ccc", *"ddd", "b"])
    list(rounds(raw, scripted(lambda request: next(said))))

    assert made(raw)[0].attributes["alternatives"][1]["votes"] == 2


def test_a_stage_that_is_stopped_after_its_first_round_goes_on_to_the_same_tasks(task, scripted):
    pools = [Pool(task(number, origin="grow", instances=None) for number in range(5)) for _ in "ab"]
    first, second = (scripted(lambda request: f"{request.id[-1]} {request.text}") for _ in "ab")
    whole = [one.row() for one in rounds(pools[0], first)]
    begun = next(rounds(pools[1], second)).row()
    rest = [one.row() for one in rounds(pools[1], second, [begun])]

    assert [begun, *rest] == whole
    assert [one.row() for one in pools[0]] == [one.row() for one in pools[1]]


def test_a_stage_without_answers_stores_no_alternatives(raw, scripted):
    list(rounds(raw, scripted(lambda request: "a"), answers=None, sampler=Missing(field="instances", where={})))

    assert [one.attributes for one in made(raw)] == [{}, {}, {}]


def test_several_answers_at_temperature_0_are_a_mistake():
    cold = replace(PROMPT, decoding=replace(PROMPT.decoding, temperature=0.0))

    with pytest.raises(ValidationError, match="draws 3 answers to the same question at temperature 0"):
        stage(prompt=cold)
    assert stage(prompt=cold, answers=1)


def test_only_a_question_whose_whole_reply_is_the_answer_has_several_answers():
    with pytest.raises(ValidationError, match="whose whole reply is the answer"):
        stage(prompt=replace(PROMPT, parser=YesNo()))


def test_a_benchmark_is_answered_once():
    with pytest.raises(ValidationError, match="a benchmark is answered once"):
        stage(sampler=Unanswered())


def test_an_answered_task_keeps_the_verdict_that_a_filter_rejects_it_by(task):
    verdict = Rejection(filter="quality", reason="judged '1'", candidate=Candidate(attributes={"quality": 1}))
    answered, bare = task(), task(instances=None)

    done, left = (
        apply_outcome(one, Outcome(Sample(variables={}, task=one), rejection=verdict), "quality", "judge")
        for one in (answered, bare)
    )

    assert done.attributes == {"quality": 1, "rejected": {"quality": "quality"}}
    assert (done.is_rejected, done.models, done.failed_stages) == (
        True,
        {"quality": "judge"},
        {"quality": "quality: judged '1'"},
    )
    assert (left.is_rejected, left.attributes) == (False, {})


def test_an_answer_or_an_unreadable_verdict_that_is_rejected_keeps_no_task_out(task):
    for rejection in (
        Rejection(filter="refusal", reason="sorry", candidate=answers("sorry")[0]),
        Rejection(filter="parse", reason="unreadable", text="?"),
    ):
        outcome = Outcome(Sample(variables={}, task=task()), rejection=rejection)
        assert not apply_outcome(task(), outcome, "answers", "m").is_rejected
