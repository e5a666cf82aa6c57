from collections import Counter
from random import Random

import pytest

from selfinstruct.pool import quotas
from selfinstruct.sampler.topics import Topics, drawn

TOPICS = {"brakes": 2, "gears": 1, "wheels": 1}


def topics(**changes):
    values = {"human": 2, "machine": 2, "topics": TOPICS, "personas": {}, "total": 8}
    return Topics(**(values | changes))


def made(task, number, topic):
    return task(number, id=f"made_{number}", origin="grow", attributes={"topic": topic})


def test_quotas_follow_the_weights_and_add_up():
    assert quotas(TOPICS, 8) == {"brakes": 4, "gears": 2, "wheels": 2}
    assert quotas({"a": 1, "b": 1, "c": 1, "d": 0}, 10) == {"a": 4, "b": 3, "c": 3, "d": 0}
    assert sum(quotas({"a": 0.1, "b": 0.7, "c": 0.2}, 997).values()) == 997


def test_prompts_are_drawn_as_often_as_tasks_are_missing(pool):
    samples = topics().sample(pool, Random(1), 8, "grow")

    assert Counter(sample.variables["topic"] for sample in samples) == {"brakes": 4, "gears": 2, "wheels": 2}
    assert samples[0].attributes == {"topic": samples[0].variables["topic"]}


def test_the_topic_that_lacks_most_is_drawn_most_and_a_full_one_never(pool, task):
    for number in range(4):
        pool.add(made(task, number, "brakes"))
    pool.add(made(task, 4, "gears"))

    samples = topics().sample(pool, Random(1), 6, "grow")

    assert Counter(sample.variables["topic"] for sample in samples) == {"gears": 2, "wheels": 4}


def test_nothing_is_drawn_when_all_topics_are_full(pool, task):
    for number, topic in enumerate(["brakes", "gears"]):
        pool.add(made(task, number, topic))

    assert topics(topics={"brakes": 1, "gears": 1}, total=2).sample(pool, Random(1), 5, "grow") == []


def test_a_topic_of_weight_0_is_never_drawn(pool):
    samples = topics(topics={"brakes": 0, "gears": 1}).sample(pool, Random(1), 20, "grow")

    assert {sample.variables["topic"] for sample in samples} == {"gears"}


def test_every_start_draws_each_topic_by_its_share():
    found = Counter()
    for seed in range(200):
        found.update(drawn({"a": 3, "b": 1, "c": 0}, Random(seed), 2))

    assert found["c"] == 0
    assert 250 < found["a"] < 350


def test_own_tasks_are_those_of_the_topic(pool, task):
    for number in range(10):
        pool.add(made(task, number, "gears" if number % 2 else "wheels"))

    for sample in topics(total=100).sample(pool, Random(1), 20, "grow"):
        own = [pool[parent] for parent in sample.parents if not pool[parent].is_human]
        assert {one.attributes["topic"] for one in own} <= {sample.variables["topic"]}


def test_personas_are_drawn_by_weight_and_recorded(pool):
    samples = topics(personas={"parent": 1, "racer": 0}).sample(pool, Random(1), 5, "grow")

    assert {sample.attributes["persona"] for sample in samples} == {"parent"}


def test_without_topics_prompts_have_none(pool):
    (sample,) = topics(topics={}).sample(pool, Random(1), 1, "grow")

    assert (sample.variables["topic"], sample.variables["persona"]) == ("", "")
    assert sample.attributes == {}


def test_the_same_stream_draws_the_same(pool):
    assert topics().sample(pool, Random(7), 5, "grow") == topics().sample(pool, Random(7), 5, "grow")


def test_topics_that_all_have_weight_0_are_an_error():
    with pytest.raises(ValueError, match="no topic with a weight above 0"):
        topics(topics={"brakes": 0})


def test_too_few_seeds_are_an_error(pool):
    with pytest.raises(ValueError, match="wants 11 human tasks, but seeds has 10"):
        topics(human=11).preview(pool, Random(0))
