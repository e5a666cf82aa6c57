"""Whole tasks are read from replies in many forms, and everything in a reply is accounted for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pieces import reasons

from selfinstruct.prompt.whole_tasks import WholeTasks
from selfinstruct.request import Completion
from selfinstruct.round import Candidate
from selfinstruct.task import Task

SHOWN = [Task(id=str(number), origin="human", instruction=f"Name {number} rivers of Asia:") for number in (2, 3, 4)]
A = ("Name a tree.", "", "Oak")
B = ("Add the numbers.", "1 and 2", "3")


def read(text, *, chat=True, finish_reason="stop"):
    return WholeTasks().parse(Completion(text=text, finish_reason=finish_reason), {"tasks": SHOWN, "chat": chat})


def tasks(pieces):
    return [
        (piece.instruction, piece.instance.input, piece.instance.output)
        for piece in pieces
        if isinstance(piece, Candidate)
    ]


def plain(task, number, none="<noinput>"):
    mark = f"{number}. " if number else ""
    return f"{mark}Instruction: {task[0]}\n{mark}Input:\n{task[1] or none}\n{mark}Output:\n{task[2]}"


def bold(task, number):
    return f"**Task {number}**\n\n**Instruction:** {task[0]}\n\n**Input:** {task[1] or 'None'}\n\n**Output:** {task[2]}"


def headed(task, number):
    return f"## Task {number}\n\n### Instruction\n{task[0]}\n\n### Input\n{task[1] or 'N/A'}\n\n### Output\n{task[2]}"


def bulleted(task, number):
    return (
        f"- {number}. Instruction: {task[0]}\n- {number}. Input: {task[1] or '(none)'}\n- {number}. Output: {task[2]}"
    )


def labelled(task, number):
    return f"Instruction {number}: {task[0]}\nInput {number}: {task[1]}\nOutput {number}: {task[2]}"


def bold_numbered(task, number):
    return f"**{number}. Instruction:** {task[0]}\n**{number}. Input:**\n{task[1]}\n**{number}. Output:**\n{task[2]}"


def number_outside(task, number):
    return f"{number}. **Instruction:** {task[0]}\n   - **Input:** {task[1] or 'none'}\n   - **Output:** {task[2]}"


def on_a_line_of_its_own(task, number):
    return f"{number}.\n{plain(task, 0)}"


STYLES = {
    "as asked": ("\n###\n", plain),
    "without rules": ("\n", plain),
    "blank lines": ("\n\n", plain),
    "dashes": ("\n---\n", plain),
    "rules and blank lines": ("\n\n###\n\n", plain),
    "numbers repeat": ("\n###\n", lambda task, number: plain(task, 4)),
    "numbers start over": ("\n###\n", lambda task, number: plain(task, number % 5 + 1)),
    "no numbers": ("\n###\n", lambda task, number: plain(task, 0)),
    "no numbers and no rules": ("\n\n", lambda task, number: plain(task, 0)),
    "bold": ("\n\n---\n\n", bold),
    "bold without rules": ("\n\n", bold),
    "headings": ("\n\n", headed),
    "bullets": ("\n###\n", bulleted),
    "number behind the word": ("\n\n", labelled),
    "bold numbers": ("\n###\n", bold_numbered),
    "number outside": ("\n\n", number_outside),
    "number on its own line": ("\n###\n", on_a_line_of_its_own),
}


@pytest.mark.parametrize("style", STYLES)
def test_tasks_are_read_in_every_style(style):
    rule, write = STYLES[style]

    pieces = read(rule.join(write(task, number) for number, task in enumerate((A, B, A, B), 4)))

    assert tasks(pieces) == [A, B, A, B]
    assert reasons(pieces) == []


def test_each_line_of_a_task_may_have_a_number_of_its_own():
    text = "1. Instruction: Name a tree.\n2. Input: None\n3. Output: Oak"

    assert tasks(read(f"{text}\n\n{text}")) == [A, A]


def test_a_completion_continues_from_the_label_of_the_prompt():
    pieces = read(f" {plain(A, 4).partition(': ')[2]}\n###\n{plain(B, 5)}", chat=False)

    assert tasks(pieces) == [A, B]
    assert reasons(pieces) == []


def test_a_completion_without_numbers_continues_from_the_label_of_the_prompt():
    text = plain(A, 0).partition(": ")[2]

    assert tasks(read(f" {text}\n\n{plain(B, 0)}\n\n{plain(A, 0)}", chat=False)) == [A, B, A]


@pytest.mark.parametrize("chat", [True, False])
def test_a_reply_may_say_the_open_label_again(chat):
    assert tasks(read(f"{plain(A, 4)}\n###\n{plain(B, 5)}", chat=chat)) == [A, B]
    assert tasks(read(f"\n{plain(A, 4)}", chat=chat)) == [A]


@pytest.mark.parametrize(
    "said",
    [
        *(
            "<noinput>",
            "<NoInput>",
            "noinput",
            "None",
            "none.",
            "(none)",
            "[None]",
            "N/A",
            "n/a.",
            "No input",
            "no input.",
        ),
        *("No Input Required", "No input needed.", "(no input required)", "No input is required for this task.", ""),
    ],
)
def test_all_words_for_no_input_are_an_empty_one(said):
    assert tasks(read(plain(A, 4, said))) == [A]


@pytest.mark.parametrize("said", ["None of these", "no", "nano", "An input: none", "Nonetheless", "0", "-"])
def test_other_words_are_an_input(said):
    assert tasks(read(plain(A, 4, said))) == [(A[0], said, A[2])]


def test_a_label_of_another_number_in_a_text_is_text():
    text = "4. Instruction: Continue.\n4. Input:\n14. Input: x\n4. Output:\n24. Output: y"

    assert tasks(read(text)) == [("Continue.", "14. Input: x", "24. Output: y")]


def test_labels_in_the_texts_of_numbered_tasks_are_text():
    shown = "Instruction: Greet.\nInput: a name\nOutput: Hello"
    task = (f"Improve this prompt.\n{shown}", f"see above\n{shown}", f"{shown}, dear\nInput: none")

    assert tasks(read(f"{plain(task, 4)}\n###\n{plain(B, 5)}")) == [task, B]


def test_labels_within_a_line_are_text():
    task = ("Say where the Input: line goes.", "an Output: line", "Before Instruction: and 5. Output: too.")

    assert tasks(read(plain(task, 0))) == [task]


def test_labels_out_of_order_are_text():
    task = ("Describe the form.", "", "Input: comes first.\nInstruction: comes never.")

    assert tasks(read(f"{plain(task, 0)}\n###\n{plain(B, 0)}")) == [task, B]


def test_a_recipe_has_instructions_that_are_text():
    task = ("Give a recipe.", "", "Ingredients: eggs\nInstructions:\n1. Beat the eggs.\nOutput: an omelette")

    assert tasks(read(f"{plain(task, 0)}\n\n{plain(B, 0)}")) == [task, B]


def test_headings_and_rules_and_fences_of_an_answer_stay():
    answer = "### The plan\n\n---\n\n## Day 1\n```text\n###\n9. Instruction: x\n9. Output: y\n```\n### Day 2\nRest."

    assert tasks(read(f"{plain(('Plan.', '', answer), 4)}\n###\n{plain(B, 5)}"))[1:] == [B]
    assert "### The plan\n\n---\n\n## Day 1\n" in tasks(read(plain(("Plan.", "", answer), 4)))[0][2]


def test_labels_in_a_fence_are_text():
    answer = "```\nInstruction: x\nInput: y\nOutput: z\n```"

    assert tasks(read(f"{plain(('Show a form.', '', answer), 0)}\n\n{plain(B, 0)}")) == [
        ("Show a form.", "", answer),
        B,
    ]


def test_a_fence_that_is_never_closed_hides_no_further_task():
    task = ("Write code.", "", "```python\nprint(1)")

    assert tasks(read("\n###\n".join(plain(one, number) for number, one in enumerate((task, B, task, B), 4)))) == [
        *(task, B, task, B)
    ]
    assert tasks(read("\n".join(plain(one, number) for number, one in enumerate((task, B, A), 4)))) == [task, B, A]


def test_a_fence_that_is_never_closed_ends_where_another_one_opens():
    task = ("Write code.", "", "```python\nprint(1)")
    written = "\n\n".join(plain(one, 0) for one in (task, B, task))

    assert tasks(read(written)) == [task, B, task]


def test_a_fence_around_all_tasks_is_no_part_of_them():
    assert tasks(read(f"Sure:\n```\n{plain(A, 4)}\n###\n{plain(B, 5)}\n```"))[0] == A


def test_a_swallowed_task_is_parted_where_its_number_says_so():
    text = f"{plain(A, 4)}\n5. Add the numbers.\n5. Input:\n1 and 2\n5. Output:\n3\n###\n{plain(A, 6)}"

    assert tasks(read(text)) == [A, B, A]


def test_a_swallowed_task_is_parted_at_a_rule():
    text = f"{plain(A, 4)}\n###\nAdd the numbers.\n5. Input:\n1 and 2\n5. Output:\n3"

    assert tasks(read(text)) == [A, B]


def test_a_swallowed_task_that_nothing_parts_is_rejected_with_the_one_before():
    text = f"{plain(A, 4)}\nAdd the numbers.\n5. Input:\n1 and 2\n5. Output:\n3\n###\n{plain(B, 6)}"

    pieces = read(text)

    assert tasks(pieces) == [B]
    assert reasons(pieces) == ["two tasks in one"]


def test_a_task_without_number_among_numbered_ones_is_judged_by_the_numbers_around_it():
    between = "\n".join([plain(A, 4), plain(B, 0), plain(A, 5)])
    skipped = "\n".join([plain(A, 4), plain(B, 0), plain(A, 6)])
    unknown = "\n".join([plain(A, 4), plain(B, 0)])

    assert tasks(read(between)) == [(A[0], A[1], f"{A[2]}\n{plain(B, 0)}"), A]
    assert tasks(read(skipped)) == [A, B, A]
    assert tasks(read(unknown)) == []
    assert reasons(read(unknown)) == ["two tasks in one"]


def test_a_second_output_of_the_same_number_is_rejected():
    pieces = read(f"{plain(A, 4)}\n4. Input:\nin Africa\n4. Output:\nBaobab\n###\n{plain(B, 5)}")

    assert tasks(pieces) == [A, B]
    assert reasons(pieces) == ["second output"]


def test_what_stands_behind_a_rule_and_is_no_task_is_rejected():
    pieces = read(f"{plain(A, 4)}\n###\nThat was a nice one.\n###\n{plain(B, 5)}")

    assert tasks(pieces) == [A, B]
    assert reasons(pieces) == ["no task"]


def test_a_task_of_the_prompt_is_no_new_one():
    echo = "\n###\n".join(plain((task.instruction, "", "x"), number) for number, task in enumerate(SHOWN, 1))

    pieces = read(f"Make up a list.\n\n1. Be short.\n\n###\n{echo}\n###\n{plain(A, 4)}")

    assert tasks(pieces) == [A]
    assert reasons(pieces) == ["preamble", *["task of the prompt"] * 3]


def test_what_is_said_around_the_tasks_is_reported():
    pieces = read(f"Sure! Here are some tasks:\n\n{plain(A, 4)}\n\nLet me know if you need more!")

    assert tasks(pieces) == [A]
    assert reasons(pieces) == ["preamble", "farewell"]


def test_a_preamble_before_a_task_without_label_is_taken_off():
    text = f"Sure, here you go:\n\n{plain(A, 4).partition(': ')[2]}"

    assert tasks(read(text)) == [A]
    assert reasons(read(text)) == ["preamble"]


def test_a_heading_with_words_is_reported():
    pieces = read(f"### Task 4: Trees\n{plain(A, 0)}\n\n### Task 5: Sums\n{plain(B, 0)}\n\nTask: More")

    assert tasks(pieces) == [A, B]
    assert reasons(pieces) == ["heading"] * 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty reply"),
        ("  \n\n", "empty reply"),
        ("I'm sorry, but I can't assist with that.", "refusal"),
        ("Trees are nice.", "no task"),
        ("4. Instruction: Name a tree.\n4. Input:\n<noinput>", "no output marker"),
        ("Instruction: a\nOutput: b\nInput: c\nOutput: d", "fields out of order"),
        ("4. Instruction:\n4. Input:\nx\n4. Output:\ny", "no instruction"),
        ("<think>Let me see. Instruction: x Output: y", "unfinished thought"),
        ("###", "no task"),
        ("4. Instruction:", "no task"),
    ],
)
def test_a_reply_without_tasks_gives_a_reason(text, reason):
    assert reasons(read(text)) == [reason]
    assert tasks(read(text)) == []


def test_thoughts_are_no_tasks():
    assert tasks(read(f"<think>\n{plain(B, 4)}\n</think>\n\n{plain(A, 4)}")) == [A]


def test_an_empty_output_is_left_to_the_filters():
    assert tasks(read(f"{plain(('Name a tree.', '', ''), 4)}\n###\n{plain(B, 5)}")) == [("Name a tree.", "", ""), B]


def truncated(pieces):
    return [piece.truncated for piece in pieces if isinstance(piece, Candidate)]


def test_of_a_reply_that_is_cut_off_the_last_task_is_truncated():
    text = f"{plain(A, 4)}\n###\n{plain(B, 5)}"

    assert truncated(read(text, finish_reason="length")) == [False, True]
    assert truncated(read(text)) == [False, False]


@pytest.mark.parametrize("end", ["\n###", "\n###\n", "\n###\n6.", "\n###\n6. Inst"])
def test_a_task_before_a_rule_is_whole(end):
    assert truncated(read(f"{plain(A, 4)}\n###\n{plain(B, 5)}{end}", finish_reason="length")) == [False, False]


@pytest.mark.parametrize("end", ["\n###\n6. Instruction: Name", "\n6. Instruction: Name\n6. Input:\n<noin"])
def test_a_task_that_breaks_off_before_its_output_is_reported(end):
    pieces = read(f"{plain(A, 4)}\n###\n{plain(B, 5)}{end}", finish_reason="length")

    assert truncated(pieces) == [False, False]
    assert reasons(pieces) == ["reply cut off"]


def test_an_instruction_that_breaks_off_among_tasks_without_numbers_is_reported():
    pieces = read(f"{plain(A, 0)}\n\n{plain(B, 0)}\n\nInstruction: Na", finish_reason="length")

    assert tasks(pieces) == [A, B]
    assert reasons(pieces) == ["reply cut off"]


MARKS = (
    "4. ",
    "5. ",
    "Instruction:",
    "Input:",
    "Output:",
    "###",
    "---",
    "```",
    "**",
    "\n",
    "\n\n",
    "Task 5",
    "None",
    "a b",
)


@given(st.lists(st.sampled_from(MARKS) | st.text(max_size=5), max_size=40), st.booleans(), st.booleans())
def test_any_text_gives_at_least_one_piece(pieces, chat, is_cut_off):
    found = read("".join(pieces), chat=chat, finish_reason="length" if is_cut_off else "stop")

    assert found
    assert all(reason for reason in reasons(found))


WORDS = st.lists(
    st.sampled_from(["oak", "14. Input: x", "Output: is", "10:30", "3.", "é", "«now»", "a###b"]), min_size=1
)
LINE = WORDS.map(lambda words: "Say " + " ".join(words))
TEXT = st.lists(LINE, min_size=1, max_size=3).map("\n".join)
TASK = st.tuples(LINE, st.just("") | TEXT, TEXT)


@given(st.lists(TASK, min_size=1, max_size=5), st.sampled_from(sorted(STYLES)))
def test_what_is_written_in_any_style_is_read_again(written, style):
    rule, write = STYLES[style]

    pieces = read(rule.join(write(task, number) for number, task in enumerate(written, 4)))

    assert tasks(pieces) == [tuple(re.sub(r"\*\*$", "", text) for text in task) for task in written]
    assert reasons(pieces) == []


def test_a_reply_may_run_on_for_thousands_of_tasks():
    swallowed = "\n".join(f"###\n{n}. Do it\n{n}. Input: a\n{n}. Output: b" for n in range(2, 4001))

    assert len(read(f"1. Instruction: Do\n1. Input: a\n1. Output: b\n{swallowed}")) == 4000


@pytest.mark.parametrize("rule", ["---", "***", "___", "==="])
def test_rules_between_the_fields_of_a_task_belong_to_none(rule):
    parts = (f"Instruction: {B[0]}", f"Input: {B[1]}", f"Output: {B[2]}", f"Instruction: {A[0]}\nOutput: {A[2]}")

    assert tasks(read(f"\n\n{rule}\n\n".join(parts))) == [B, A]


@pytest.mark.parametrize(
    "output", ["one\n\n---\n\ntwo", "Title\n=====", "a | b\n---|---", "---\nname: x\n---\n\ntext", "Yours,\n____"]
)
def test_a_rule_that_is_part_of_an_output_stays(output):
    text = f"###\n4. Instruction: {A[0]}\n4. Input:\n<noinput>\n4. Output:\n{output}\n###\n{plain(B, 5)}"

    assert tasks(read(text)) == [(A[0], "", output), B]


def test_control_tokens_end_a_list_of_tasks():
    said = f"{plain(A, 4)}\n###\n{plain(B, 5)}<|return|><|start|>user<|message|>{plain(A, 6)}"
    text = f"<|start|>assistant<|channel|>final<|message|>{said}"

    assert tasks(read(text, finish_reason="length")) == [A, B]
    assert not any(piece.truncated for piece in read(text, finish_reason="length"))
