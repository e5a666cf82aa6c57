from selfinstruct.prompt.task_blocks import layout
from selfinstruct.prompt.task_fields import Fields, fields, joined, split
from selfinstruct.prompt.task_line import rule_of


def only(text):
    found = layout(text, None, is_cut_off=False)
    (block,) = found.blocks
    return fields(found.lines, block)


def test_fields_come_in_order():
    assert only("Instruction: a\nInput: b\nOutput: c\nInput: d") == Fields("a", "b", "c\nInput: d", "", False, False)
    assert only("Instruction: a\nOutput: c") == Fields("a", "", "c", "", False, False)
    assert only("Instruction: a\nInput: b").output is None


def test_an_output_before_and_behind_the_input_can_be_read_in_two_ways():
    assert only("Instruction: a\nOutput: b\nInput: c\nOutput: d").is_ambiguous
    assert not only("Instruction: a\nOutput: b\nInput: c").is_ambiguous


def test_labels_of_the_own_number_go_before_others():
    assert only("4. Instruction: a\nInput: x\n4. Input: b\nOutput: y\n4. Output: c") == Fields(
        "a\nInput: x", "b\nOutput: y", "c", "", False, False
    )


def test_labels_without_number_serve_where_there_are_no_others():
    assert only("4. Instruction: a\nInput: b\nOutput: c") == Fields("a", "b", "c", "", False, False)
    assert only("4. Instruction: a\nInput: b\n4. Output: c") == Fields("a", "b", "c", "", False, False)


def test_an_output_ends_at_the_rule_of_the_prompt():
    assert only("4. Instruction: a\n4. Output: c\n### d\n###\ne") == Fields("a", "", "c\n### d", "e", True, False)


def test_an_output_ends_at_a_second_label_of_its_number():
    assert only("4. Instruction: a\n4. Output: c\n4. Output: d") == Fields("a", "", "c", "4. Output: d", True, True)


def test_several_swallowed_tasks_are_parted():
    found = layout(
        "4. Instruction: a\n4. Output: b\n5. c\n5. Input:\n5. Output: d\n6. e\n6. Input: f\n6. Output: g",
        None,
        is_cut_off=False,
    )

    made = [fields(found.lines, part) for part in split(found.lines, found.blocks[0], rule_of(found.lines))]

    assert [(part.instruction, part.input, part.output) for part in made] == [
        ("a", "", "b"),
        ("c", "", "d"),
        ("e", "f", "g"),
    ]


def test_texts_are_joined_without_what_stands_around_them():
    assert joined(" a", ["", "b ", "###", ""]) == "a\n\nb"
    assert joined("", ["", "a**"]) == "a"
    assert joined("", []) == ""
