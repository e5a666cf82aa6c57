import pytest

from selfinstruct.prompt.task_line import HASHES, RULE, label_of, rule_of, separator_before


@pytest.mark.parametrize(
    ("line", "kind", "number", "rest"),
    [
        ("4. Instruction: Name a tree.", "Instruction", 4, "Name a tree."),
        ("14. Input:", "Input", 14, ""),
        ("Output: 4. Input:", "Output", None, "4. Input:"),
        ("**Instruction:** Name a tree.", "Instruction", None, "Name a tree."),
        ("**Instruction: Name a tree.**", "Instruction", None, "Name a tree."),
        ("**Instruction**: Use **bold**", "Instruction", None, "Use **bold**"),
        ("### Instruction", "Instruction", None, ""),
        ("#### 4. Instruction:", "Instruction", 4, ""),
        ("**4. Output:**", "Output", 4, ""),
        ("4. **Output:** x", "Output", 4, "x"),
        ("- 4) INPUT: x", "Input", 4, "x"),
        ("Task 4 Instruction: x", "Instruction", 4, "x"),
        ("Task 4 - Instruction: x", "Instruction", 4, "x"),
        ("Input 4: x", "Input", 4, "x"),
        ("(4) input: x", "Input", 4, "x"),
        ("4. Output", "Output", 4, ""),
        ("Output：x", "Output", None, "x"),
        ("  > Input: x", "Input", None, "x"),
    ],
)
def test_a_line_opens_a_field(line, kind, number, rest):
    label = label_of(line, 7)

    assert (label.line, label.kind, label.number, label.rest) == (7, kind, number, rest)


@pytest.mark.parametrize(
    "line",
    [
        "Instructions:",
        "input: 4",
        "Output",
        "Instruction",
        "The Input: x",
        "Inputs: 3",
        "Input is x",
        "10:30 Input",
        "",
    ],
)
def test_a_line_opens_no_field(line):
    assert label_of(line, 0) is None


def test_the_separator_before_a_task_holds_rules_blank_lines_and_headings():
    lines = ["Oak", "", "###", "**Task 5: Sums**", "", "Instruction: x"]

    assert separator_before(lines, 5, HASHES) == (1, True, "**Task 5: Sums**")


def test_a_number_is_an_output_unless_it_stands_behind_a_rule():
    assert separator_before(["Output:", "", "5", "", "6. Instruction:"], 4, RULE).start == 3
    assert separator_before(["Output: x", "---", "6.", "Instruction:"], 3, RULE).start == 1


def test_other_rules_are_text_where_the_rule_of_the_prompt_is_used():
    assert rule_of(["a", "###", "b"]) is HASHES
    assert rule_of(["a", "---", "### b"]) is RULE
    assert separator_before(["a", "---", "###"], 3, HASHES).start == 2


def test_a_heading_in_the_last_line_of_a_text_is_text():
    assert separator_before(["To do:", "Task 5", "Instruction:"], 2, RULE).start == 2


def test_a_number_may_have_a_full_stop_of_full_width() -> None:
    found = label_of("4．Instruction： Sing.", 0)

    assert found is not None
    assert (found.kind, found.number, found.rest) == ("Instruction", 4, "Sing.")
