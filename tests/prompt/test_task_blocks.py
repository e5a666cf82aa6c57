from selfinstruct.prompt.task_blocks import layout


def starts(text, number=None, *, is_cut_off=False):
    return [(block.start, block.number) for block in layout(text, number, is_cut_off=is_cut_off).blocks]


def test_every_label_with_an_output_opens_a_block():
    found = layout("Hello\n\nInstruction: a\nOutput: b\n\nInstruction: c\nInput: d\nOutput: e", None, is_cut_off=False)

    assert [(block.start, block.end, block.first) for block in found.blocks] == [(2, 4, "a"), (5, 8, "c")]
    assert [label.kind for label in found.blocks[1].labels] == ["Input", "Output"]
    assert found.lead == 1


def test_a_reply_that_continues_from_the_prompt_opens_with_a_block():
    assert starts(" a\n4. Input:\n4. Output: b\n###\n5. Instruction: c", 4) == [(0, 4), (4, 5)]
    assert starts(" a\nInput:\nOutput: b", 4) == [(0, None)]
    assert starts("a\nb", 4) == []


def test_a_label_whose_output_has_another_number_is_text_if_that_is_not_the_way_of_the_reply():
    assert starts("4. Instruction: a\n4. Output: b\n1. Instruction: c\n2. Output: d") == [(0, 4)]
    assert starts("1. Instruction: a\n2. Output: b\n1. Instruction: c\n2. Output: d") == [(0, 1), (2, 1)]


def test_a_label_without_output_opens_a_block_among_unnumbered_ones_only_at_the_end_of_a_cut_reply():
    text = "Instruction: a\nOutput: b\nInstruction: c"

    assert starts(text) == [(0, None)]
    assert starts(text, is_cut_off=True) == [(0, None), (2, None)]


def test_a_heading_before_a_task_is_kept():
    assert layout("Task 4: Trees\nInstruction: a\nOutput: b", None, is_cut_off=False).headings == {1: "Task 4: Trees"}
