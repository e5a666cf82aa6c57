from selfinstruct.storage.filter_settings import filters_of


def test_the_benchmarks_of_a_filter_are_named():
    part = {"_target_": "x", "path": "/home/jane/test.jsonl"}
    found = {"contamination": {"_target_": "x", "threshold": 0.7, "benchmarks": {"superni": part, "mine": part}}}

    assert dict(filters_of({"filters": found})) == {"contamination": "threshold 0.7, benchmarks superni and mine"}


def test_the_verdicts_that_a_filter_rejects_are_named():
    found = {"quality": {"_target_": "x", "attribute": "quality", "values": {"1": True, "2": True, "3": False}}}

    assert dict(filters_of({"filters": found})) == {"quality": 'attribute "quality", values ["1", "2"]'}


def test_an_embedder_is_named_and_a_config_of_another_shape_is_passed_over():
    found = {"meaning": {"threshold": 0.9, "embedder": {"_target_": "x", "base_model": "/home/jane/mini"}}, "odd": [1]}

    assert dict(filters_of({"filters": found})) == {"meaning": 'threshold 0.9, embedder "mini"', "odd": ""}
    assert dict(filters_of({"filters": ["length"]})) == {}
    assert dict(filters_of({"filters": {"quality": {"attribute": "a", "values": 3}}}))["quality"].startswith("attr")
