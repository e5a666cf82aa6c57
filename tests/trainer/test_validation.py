"""Which rows are held out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.errors import DataError
from selfinstruct.trainer.rows import Example
from selfinstruct.trainer.validation import divided


def examples(instructions):
    return [Example(str(place), f"Task: {text}\n\nOutput:", "Yes") for place, text in enumerate(instructions)]


INSTRUCTIONS = st.lists(st.sampled_from(["Add.", "add.", "Sort.", "List.", "Name.", "Draw.", ""]), min_size=1)


@given(INSTRUCTIONS, st.floats(0.01, 0.99), st.integers(0, 99))
def test_no_instruction_is_on_both_sides(instructions, share, seed):
    rows = examples(instructions)
    groups = {row.instruction for row in rows}
    if len(groups) < 2:
        with pytest.raises(DataError):
            divided(rows, share, seed)
        return

    train, held_out = divided(rows, share, seed)

    assert sorted(train + held_out) == list(range(len(rows)))
    assert train
    assert held_out
    assert train == sorted(train)
    assert not {rows[place].instruction for place in train} & {rows[place].instruction for place in held_out}


@given(INSTRUCTIONS, st.floats(0.01, 0.99), st.integers(0, 99))
def test_no_more_than_the_share_is_held_out_unless_each_instruction_has_more(instructions, share, seed):
    rows = examples(instructions)
    sizes = [sum(row.instruction == one for row in rows) for one in {row.instruction for row in rows}]
    if len(sizes) < 2:
        return

    _, held_out = divided(rows, share, seed)

    assert len(held_out) <= max(share * len(rows), min(sizes))


def test_the_same_seed_holds_out_the_same_and_another_seed_others():
    rows = examples([f"Explain thing {number}." for number in range(100)])

    assert divided(rows, 0.1, 1) == divided(rows, 0.1, 1)
    assert divided(rows, 0.1, 1)[1] != divided(rows, 0.1, 2)[1]
    assert len(divided(rows, 0.1, 1)[1]) == 10


def test_a_share_of_nothing_holds_out_nothing():
    assert divided(examples(["Add.", "Add."]), 0, 1) == ([0, 1], [])


def test_rows_of_one_instruction_cannot_be_divided():
    with pytest.raises(DataError, match=r"trainer\.validation_share=0"):
        divided(examples(["Add.", "Add."]), 0.5, 1)
