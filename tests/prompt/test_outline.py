from collections import Counter

import pytest

from selfinstruct.prompt.list_line import Style, read_line
from selfinstruct.prompt.outline import Numbering, main_style, marked, outline


def items(text: str) -> list[str]:
    return ["\n".join(line.source for line in item) for item in outline(text).items]


def lead(text: str) -> list[str]:
    return [line.source for line in outline(text).lead]


def test_the_text_before_the_first_marker_is_the_lead() -> None:
    assert lead("Sure!\n\n1. a\n2. b") == ["Sure!", ""]
    assert items("Sure!\n\n1. a\n2. b") == ["1. a", "2. b"]


def test_a_reply_without_a_marker_is_all_lead() -> None:
    assert lead("a\nb") == ["a", "b"]
    assert items("a\nb") == []


def test_more_lines_belong_to_the_item_above() -> None:
    assert items("1. a\nb\n\nc\n2. d") == ["1. a\nb\n\nc", "2. d"]


@pytest.mark.parametrize("inner", ["  1. x\n  2. y", "- x\n- y", "Task 1: x\nTask 2: y", "**1.** x\n**2.** y"])
def test_markers_of_another_look_or_further_right_are_a_list_inside(inner: str) -> None:
    assert items(f"1. a\n{inner}\n2. b") == [f"1. a\n{inner}", "2. b"]


def test_numbers_mark_the_list_where_bullets_come_before_them() -> None:
    assert lead("Intro\n- a\n1. b\n2. c") == ["Intro", "- a"]


def test_a_marker_one_space_further_right_is_still_of_the_list() -> None:
    assert items("1. a\n 2. b") == ["1. a", " 2. b"]


def test_bullets_that_no_numbers_rule_are_the_list() -> None:
    assert items("- a\n- b") == ["- a", "- b"]


def test_numbers_that_start_over_are_a_new_list() -> None:
    assert outline("9. a\n10. b\n1. c").numbers == [9, 10, 1]


def test_numbers_that_start_over_after_a_colon_are_a_list_inside() -> None:
    assert items("9. a:\n1. x\n2. y\n10. b") == ["9. a:\n1. x\n2. y", "10. b"]


def test_numbers_that_start_over_after_a_colon_that_announces_tasks_are_a_new_list() -> None:
    assert outline("9. Come up with tasks:\n1. a\n2. b").numbers == [9, 1, 2]


def test_once_a_reply_solves_tasks_numbers_that_start_over_are_steps() -> None:
    steps = "To solve it, we need to divide.\n1. Divide by 2.\n2. Simplify."

    assert items(f"1. Solve 2x = 6.\n{steps}\n2. Cook.") == [f"1. Solve 2x = 6.\n{steps}", "2. Cook."]


def test_a_list_inside_does_not_swallow_the_next_item_of_the_same_number() -> None:
    assert outline("1. a:\n1. x\n2. y\n2. b\n3. c").numbers == [1, 2, 3]


def test_the_ends_are_the_items_before_numbering_starts_over_and_the_last() -> None:
    assert outline("9. a\n10. b\n1. c\n2. d").ends == {1, 3}


def test_of_bullets_only_the_last_is_an_end() -> None:
    assert outline("- a\n- b\n- c").ends == {2}


def test_in_a_code_fence_inside_an_item_nothing_is_marked() -> None:
    assert items("1. a\n```\n2. x\n```\n2. b") == ["1. a\n```\n2. x\n```", "2. b"]


def test_a_code_fence_that_opens_before_any_item_holds_items() -> None:
    assert items("Here:\n```\n1. a\n2. b\n```\nBye.")[0] == "1. a"
    assert len(items("Here:\n```\n1. a\n2. b\n```")) == 2


def test_a_bare_number_on_the_last_line_is_a_marker_that_the_reply_broke_off_in() -> None:
    last = marked("1. a\n2")[-1]

    assert (last.number, last.text) == (2, "")


@pytest.mark.parametrize("text", ["42", "1. a\n2\nb"])
def test_a_bare_number_elsewhere_or_alone_is_text(text: str) -> None:
    assert all(line.style is None for line in marked(text) if not line.source.startswith("1."))


def test_an_indented_list_has_the_indent_of_its_outermost_marker() -> None:
    lines = [read_line(source) for source in ("Sure!", "    - x", "  1. a")]

    assert main_style(lines) == (Style(is_numbered=True), 2)


def test_lines_without_a_marker_have_no_style() -> None:
    assert main_style([read_line("a")]) == (None, 0)


def test_the_lead_can_become_the_first_item() -> None:
    layout = outline("\nb\n2. c\n1. d")
    layout.prepend_lead()

    assert [[line.source for line in item] for item in layout.items] == [["b"], ["2. c"], ["1. d"]]
    assert (layout.lead, layout.ends) == ([], {1, 2})


def test_bullets_after_a_lead_that_becomes_an_item_are_its_body() -> None:
    layout = outline("Explain:\n- a\n- b")
    layout.prepend_lead()

    assert [[line.source for line in item] for item in layout.items] == [["Explain:", "- a", "- b"]]
    assert layout.ends == {0}


def test_a_number_that_goes_back_opens_an_item_only_where_numbering_may_restart() -> None:
    assert Numbering(Counter([1]), last=9).opens_item(1, may_restart=True)
    assert not Numbering(Counter([1]), last=9).opens_item(1, may_restart=False)


def test_a_number_that_continues_with_the_list_inside_stays_inside() -> None:
    numbering = Numbering(Counter([2]), last=9, nested=1)

    assert not numbering.opens_item(2, may_restart=True)
    assert numbering.nested == 2


def test_of_a_number_that_fits_both_lists_and_comes_again_the_first_is_inside() -> None:
    numbering = Numbering(Counter([2, 2]), last=1, nested=1)

    assert not numbering.opens_item(2, may_restart=False)
    assert numbering.opens_item(2, may_restart=False)
