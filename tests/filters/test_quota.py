from selfinstruct.filters.quota import Quota
from selfinstruct.round import Candidate

QUOTA = Quota(topics={"brakes": 1, "gears": 1}, total=2)


def about(topic):
    return Candidate("Explain it.", attributes={"topic": topic})


def test_a_topic_is_full_when_its_tasks_are_made(pool, task):
    assert QUOTA.reject(about("brakes"), pool) is None

    pool.add(task(10, origin="grow", attributes={"topic": "brakes"}))

    assert QUOTA.reject(about("brakes"), pool) == "'brakes' has its 1 tasks"
    assert QUOTA.reject(about("gears"), pool) is None


def test_seeds_do_not_count(pool, task):
    pool.add(task(10, attributes={"topic": "brakes"}))

    assert QUOTA.reject(about("brakes"), pool) is None


def test_tasks_without_a_topic_of_the_plan_are_not_judged(pool):
    assert QUOTA.reject(Candidate("Explain it."), pool) is None
    assert QUOTA.reject(about("wheels"), pool) is None
