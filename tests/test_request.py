from selfinstruct.request import Completion


def test_a_reply_is_cut_off_only_at_the_token_limit():
    assert Completion(finish_reason="length").is_cut_off
    assert not Completion(finish_reason="stop").is_cut_off
