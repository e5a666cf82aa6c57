import pytest

from selfinstruct.storage.coverage import coverage, gap


def config(**sampler):
    return {"recipe": {"grow": {"sampler": {"topics": {"a": 1, "b": 1}, "total": 4} | sampler}, "ask": {}}}


@pytest.fixture
def covered(pool, task):
    for number, topic in enumerate(["a", "a", "b"]):
        pool.add(task(number, id=f"grow_{number}", origin="grow", attributes={"topic": topic}))
    return pool


def test_says_how_many_of_each_topic_were_wanted_and_kept(covered):
    found = coverage(config(), covered)

    assert found == {"grow": {"a": {"wanted": 2, "kept": 2}, "b": {"wanted": 2, "kept": 1}}}
    assert gap(found) == 0.5


def test_more_tasks_than_the_stored_total_are_divided(covered):
    assert coverage(config(total=2), covered)["grow"]["a"]["wanted"] == 2


@pytest.mark.parametrize(
    "sampler",
    [
        {"topics": {}},
        {"topics": {"a": 0}},
        {"topics": {"a": "many"}},
        {"topics": {"a": float("inf")}},
        {"total": "???"},
        {"total": True},
    ],
)
def test_what_is_not_a_plan_says_nothing(sampler, covered):
    assert coverage(config(**sampler), covered) == {}
    assert gap({}) is None


def test_a_config_that_is_no_mapping_of_stages_says_nothing(covered):
    assert coverage({"recipe": ["grow"]}, covered) == coverage({"recipe": {"grow": "x"}}, covered) == {}
