from selfinstruct.storage.pool_counts import authors, tasks


def test_counts_what_the_pool_holds(pool, task):
    pool.add(task(10, origin="a", is_classification=True))
    pool.add(task(11, origin="a", instances=None, failed_stages={"b": "parse: no output"}))

    assert tasks(pool) == {
        "seeds": 10,
        "made": 2,
        "classification": 1,
        "with_instances": 1,
        "instances": 1,
        "gave_up": {"b": 1},
    }


def test_an_unknown_writer_is_not_an_author(pool, task):
    pool.add(task(10, models={"seeds": "openai/m", "seeds/2": "offline"}))
    pool.add(task(11, models={"seeds": "unknown", "a": "openai/n"}))

    assert authors(pool) == ["openai/m", "offline", "openai/n"]
