from selfinstruct.trackers.progress import Recent


def test_the_pace_is_that_of_the_stages_last_rounds():
    recent = Recent()
    paces = [recent.pace("a", 1) for _ in range(30)]
    kept_nothing = recent.pace("b", 0)

    assert min(paces) > 0
    assert kept_nothing == 0
