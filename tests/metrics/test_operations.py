from selfinstruct.metrics.operations import Operations
from selfinstruct.pool import Pool
from selfinstruct.round import Rejection, Round, Sample

DEEPEN = {"generation": 2, "operation": "deepen"}
BREADTH = {"generation": 2, "operation": "breadth"}


def a_round(stage, tasks=(), rejections=(), samples=()):
    return Round(
        stage=stage,
        number=1,
        asked=len(samples),
        failed=0,
        parsed=0,
        kept=len(tasks),
        tasks=tuple(tasks),
        rejections=tuple(rejections),
        pool=0,
        prompt_tokens=0,
        completion_tokens=0,
        cost_usd=0.0,
        samples=tuple(samples),
    )


def test_counts_what_became_of_each_operation_where_tasks_are_made(task):
    round_ = a_round(
        "evolution",
        [task(1, origin="evolution", attributes=DEEPEN)],
        [Rejection(filter="prompt_words", reason="x", attributes=BREADTH)],
        [Sample(variables={}, attributes=DEEPEN), Sample(variables={}, attributes=BREADTH)],
    )

    assert Operations().figures(round_, Pool()) == {
        "operations/2/breadth/asked": 1,
        "operations/2/breadth/rejected/prompt_words": 1,
        "operations/2/deepen/asked": 1,
        "operations/2/deepen/kept": 1,
    }


def test_counts_by_the_operation_of_the_task_where_tasks_are_completed(task):
    kept = task(1, attributes=DEEPEN)
    lost = task(2, attributes=BREADTH, failed_stages={"answers": "refusal: sorry"})
    rejections = [Rejection(filter="refusal", reason="sorry", task=lost.id)]
    samples = [Sample(variables={}, task=kept), Sample(variables={}, task=lost)]

    found = Operations().figures(a_round("answers", [kept, lost], rejections, samples), Pool([kept, lost]))

    assert found == {
        "operations/2/breadth/asked": 1,
        "operations/2/breadth/rejected/refusal": 1,
        "operations/2/deepen/asked": 1,
        "operations/2/deepen/kept": 1,
    }


def test_tasks_of_no_operation_are_counted_under_none(task):
    assert Operations().figures(a_round("answers", [task(1)], (), [Sample(variables={}, task=task(1))]), Pool()) == {}
