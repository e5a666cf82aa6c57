from selfinstruct.trackers.notices import notices


def test_only_what_stands_in_for_a_model_is_warned_of():
    assert [text.partition(":")[0] for text in notices(["gpt-x", "offline", "scripted"])] == ["OFFLINE", "SCRIPTED"]
    assert notices(["gpt-x"]) == []
