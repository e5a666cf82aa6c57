import pytest

from selfinstruct.metrics.accuracy import accuracies, overall
from selfinstruct.pool import Pool
from selfinstruct.task import Instance


@pytest.fixture
def family(task):
    """Makes a family with two held-out inputs, and its inductions with their answers to x and y."""

    def make(name, *made, prompts=4, accepted=(), **more):
        held = tuple(Instance(*pair) for pair in [("x", "1"), ("x", "one"), ("y", "2"), *accepted])
        known = {"family": name, "set": "execute", "metric": "exact_match", "instructions": ["Do."], **more}
        tasks = [task(id=f"{name}.execute", instances=held, attributes=known)]
        for number, (instruction, answers, unanswered) in enumerate(made):
            pairs = tuple(Instance(*pair) for pair in zip("xy", answers, strict=False)) if answers else None
            attributes = {"family": name, "prompts": prompts} | ({"unanswered": unanswered} if unanswered else {})
            tasks.append(
                task(
                    id=f"{name}{number}",
                    origin="induction",
                    instruction=instruction,
                    instances=pairs,
                    attributes=attributes,
                )
            )
        return tasks

    return make


def test_a_score_is_the_mean_over_all_predictions(family):
    made = [("Good.", ["one", "2"], None), ("Half.", ["1", "3"], None), ("Good.", None, None), ("Good.", None, None)]

    (found,) = accuracies(Pool(family("f", *made)), "strict")

    assert found.instructions == {"Good.": 3, "Half.": 1}
    assert found.means == {"Good.": 1.0, "Half.": 0.5}
    assert (found.score, found.best, found.answers, found.unanswered) == (3.5 / 4, "Good.", 4, 0)


def test_a_prompt_without_an_instruction_scores_nothing(family):
    (found,) = accuracies(Pool(family("f", ("Good.", ["1", "2"], None))), "strict")

    assert found.score == 1 / 4


def test_an_input_without_an_answer_scores_nothing(family):
    (found,) = accuracies(Pool(family("f", ("Good.", ["1"], {"y": "parse: empty"}), prompts=1)), "strict")

    assert (found.score, found.unanswered) == (0.5, 1)


def test_what_was_not_executed_yet_is_left_out(family):
    made = [("Good.", ["1", "2"], None), ("Later.", None, None)]

    (found,) = accuracies(Pool(family("f", *made, prompts=2)), "strict")

    assert found.score == 1
    assert accuracies(Pool(family("f", ("Later.", None, None))), "strict")[0].score is None


def test_a_family_without_an_instruction_scores_nothing_once_others_are_executed(family):
    found = accuracies(Pool([*family("f", ("Good.", ["1", "2"], None), prompts=1), *family("g")]), "strict")

    assert [(one.family, one.prompts, one.score) for one in found] == [("f", 1, 1.0), ("g", 1, 0.0)]
    assert overall(found) == 0.5
    assert accuracies(Pool(family("g")), "strict")[0].score is None
    assert overall([]) is None


def test_only_the_families_asked_for_are_scored(family):
    pool = Pool([*family("f", ("Good.", ["1", "2"], None)), *family("g")])

    assert [one.family for one in accuracies(pool, "strict", {"g"})] == ["g"]


@pytest.mark.parametrize(("may_echo", "score"), [(True, 1), (False, 0.5)])
def test_an_echo_is_wrong_in_strict_scoring_where_the_family_says_so(may_echo, score, family):
    made = family("f", ("Echo.", ["x", "2"], None), prompts=1, accepted=[("x", "x")], may_echo=may_echo)

    assert accuracies(Pool(made), "strict")[0].score == score
    assert accuracies(Pool(made), "paper")[0].score == 1


def test_tasks_of_other_recipes_are_not_looked_at(pool, family, task):
    made = [*pool, *family("f", ("Good.", ["1", "2"], None), prompts=1), task(99, origin="grow")]

    assert accuracies(Pool(made), "paper")[0].score == 1
