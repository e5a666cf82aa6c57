from selfinstruct.storage.totals import is_outdated, seconds, totals


def row(**changes):
    counts = {"asked": 2, "failed": 0, "candidates": 10, "parsed": 8, "kept": 5, "rejected/parse": 2}
    return counts | {"prompt_tokens": 100, "completion_tokens": 50, "cost_usd": 0.5} | changes


def test_figures_and_rejections_are_added_up():
    found = totals([row(), row(**{"rejected/length": 3})])

    assert (found["kept"], found["prompt_tokens"], found["cost_usd"]) == (10, 200, 1.0)
    assert found["rejected"] == {"length": 3, "parse": 4}


def test_an_unknown_cost_stays_unknown():
    assert totals([row(), row(cost_usd=None)])["cost_usd"] is None


def test_tokens_that_came_from_caches_are_added_up_where_there_are_any():
    assert totals([row(cached_tokens=30), row()])["cached_tokens"] == 30
    assert "cached_tokens" not in totals([row()])


def test_a_summary_is_outdated_when_a_round_was_committed_after_it():
    assert not is_outdated(totals([row()]), [row()])
    assert is_outdated(totals([row()]), [row(), row()])


def test_the_seconds_of_no_rounds_are_none():
    assert seconds([]) == 0
    assert seconds([{"seconds": 1.25}, {"seconds": 2.5}]) == 3.75
