from selfinstruct.trackers.progress import Recent, after


def test_the_pace_is_that_of_the_stages_last_rounds():
    recent = Recent()
    paces = [recent.pace("a", 1) for _ in range(30)]
    kept_nothing = recent.pace("b", 0)

    assert min(paces) > 0
    assert kept_nothing == 0


def test_the_bar_turns_to_the_next_stage_when_one_ends():
    stages = ["instructions", "classification"]

    assert after("instructions", stages) == "classification"
    assert after("classification", stages) is None
    assert after("another", stages) is None
