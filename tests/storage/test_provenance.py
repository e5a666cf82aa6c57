from selfinstruct.storage.provenance import cautions, license_of, origin_of


def test_the_license_of_own_seeds_is_only_what_their_author_states():
    assert license_of({"path": "${conf:seeds/bike_shop.jsonl}"}, None) == "Apache-2.0"
    assert license_of({"path": "mine.jsonl"}, None) == "not stated"
    assert license_of({"path": "mine.jsonl"}, "MIT") == "MIT"


def test_the_origin_of_seeds_names_no_folder():
    assert origin_of({"path": "/home/bob/mine.jsonl"}, ["human"]) == "seed tasks of the run's author (mine.jsonl)"
    assert "not all of them a person's work" in origin_of({"path": "mine.jsonl"}, ["human", "unknown"])
    assert "come with selfinstruct" in origin_of({"path": "${conf:seeds/bike_shop.jsonl}"}, ["human"])


def test_converted_data_has_no_license_of_seeds():
    tasks = {"made": 3, "with_instances": 2}

    assert "1 of 3 tasks have no instance." in list(cautions(tasks, None, None))
    assert not any("seeds" in text for text in cautions(tasks, None, None))
    assert "License of the seeds: MIT (mine)" in list(cautions(tasks, None, "MIT (mine)"))
