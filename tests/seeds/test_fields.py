import pytest

from selfinstruct.seeds.fields import recorded, writers


@pytest.mark.parametrize(
    ("row", "models"),
    [
        ({"origin": "human", "models": []}, {}),
        ({"origin": "human", "models": ["m"]}, {"seeds": "m"}),
        ({"origin": "instructions", "models": ["a", "b"]}, {"seeds": "a", "seeds/2": "b"}),
        ({"origin": "seed", "models": ["offline"]}, {"seeds": "offline"}),
        ({"origin": "instructions", "models": []}, {"seeds": "unknown"}),
        ({"origin": "instructions"}, {"seeds": "said"}),
        ({"models": ["a"]}, {"seeds": "said"}),
        ({"origin": "x", "models": [1]}, {"seeds": "said"}),
        ({}, {"seeds": "said"}),
    ],
)
def test_a_row_says_who_wrote_it_or_the_user_does(row, models):
    assert writers(row, "said") == models


def test_a_person_is_no_model():
    assert writers({}, "human") == {}


def test_a_writer_is_recorded_once():
    assert recorded(["a", "b", "a"]) == {"seeds": "a", "seeds/2": "b"}
