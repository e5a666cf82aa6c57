"""The format of prompts and completions in many layouts."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from selfinstruct.formats import Format
from selfinstruct.formats.prompt_completion import Layout, PromptCompletion
from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Instance, Task

ROOT = Path(__file__).parents[2]
OPTION = yaml.safe_load((ROOT / "conf/formats/prompt_completion.yaml").read_text(encoding="utf-8"))["prompt_completion"]
OPTION.pop("_target_")
PLAIN = {
    "include_seeds": False,
    "end": "<end>",
    "collapse_blank_lines": 0,
    "with_input": {"one": {"prompt": "{{ instruction }}|{{ input }}|", "completion": "{{ output }}"}},
    "without_input": {"one": {"prompt": "{{ instruction }}\n", "completion": " {{ output }}"}},
}


def task(number, *instances, origin="tasks", instruction="Do it."):
    return Task(f"{origin}_{number}", origin, instruction, instances=tuple(Instance(*pair) for pair in instances))


def many(count):
    return Pool(task(number, (f"in {number}", f"out {number}"), ("", f"{number}")) for number in range(count))


def rows(pool, random_seed=1, **keys):
    ((name, found),) = PromptCompletion(**{**PLAIN, **keys}).files(pool, random_seed)
    assert name == "prompt_completion.jsonl"
    return list(found)


def test_it_is_a_format():
    assert isinstance(PromptCompletion(**OPTION), Format)


def test_an_example_is_written_in_a_layout_for_what_it_has():
    found = rows(Pool([task(1, ("x", "y"), ("", "z"))]))

    assert sorted(found, key=str) == [
        {"prompt": "Do it.\n", "completion": " z<end>"},
        {"prompt": "Do it.|x|", "completion": "y<end>"},
    ]


def test_rows_hold_the_two_columns_only():
    assert {tuple(row) for row in rows(many(5))} == {("prompt", "completion")}


def test_text_that_looks_like_a_template_stays_as_it_is():
    (row,) = rows(Pool([task(1, ("{{ output }} {% if %}", "{# ö #}"), instruction="Was heißt {{ input }}?")]))

    assert row == {"prompt": "Was heißt {{ input }}?|{{ output }} {% if %}|", "completion": "{# ö #}<end>"}


def test_what_stands_before_a_colon_stays():
    (row,) = rows(Pool([task(1, ("I met him at 10:30 today", "y"))]), collapse_blank_lines=1)

    assert row["prompt"] == "Do it.|I met him at 10:30 today|"


@pytest.mark.parametrize(("share", "text"), [(0, "a\n\nb"), (1, "a\nb")])
def test_blank_lines_of_an_input_are_closed_up_by_a_coin(share, text):
    (row,) = rows(Pool([task(1, ("a\n\nb", "c\n\nd"))]), collapse_blank_lines=share)

    assert row == {"prompt": f"Do it.|{text}|", "completion": "c\n\nd<end>"}


def test_equal_pairs_are_written_once():
    assert len(rows(Pool([task(1, ("x", "y"), ("x", "y")), task(2, ("x", "y"))]))) == 1


def test_rows_are_shuffled_by_the_random_seed():
    one, same, other = rows(many(30)), rows(many(30)), rows(many(30), random_seed=2)

    assert one == same
    assert one != other
    assert sorted(map(str, one)) == sorted(map(str, other))


def test_every_layout_is_drawn_about_equally_often():
    layouts = {str(number): {"prompt": f"{number} {{{{ input }}}}", "completion": ""} for number in range(7)}
    pool = Pool(task(number, (f"in {number}", "out")) for number in range(1400))
    drawn = [row["prompt"][0] for row in rows(pool, with_input=layouts)]

    assert all(150 < drawn.count(name) < 250 for name in layouts)


def test_the_option_has_the_layouts_of_the_paper():
    completions = [layout["completion"] for layout in OPTION["with_input"].values()]
    bare = [layout["completion"] for layout in OPTION["without_input"].values()]

    assert sorted(completions) == [" {{ output }}"] * 4 + ["{{ output }}"] * 3
    assert sorted(bare) == [" {{ output }}"] * 3 + ["{{ output }}"] * 3


@pytest.mark.parametrize(
    ("name", "prompt", "completion"),
    [
        ("lines", "I\nInput: a\nOutput:", " b"),
        ("paragraphs", "I\n\nInput: a\n\nOutput:", " b"),
        ("task_lines", "Task: I\nInput: a\nOutput:", " b"),
        ("output_label", "I\n\na\n\nOutput:", " b"),
        ("no_labels", "I\n\na\n\n", "b"),
        ("no_labels_close", "I\na\n\n", "b"),
        ("task_label", "Task: I\n\na\n\n", "b"),
    ],
)
def test_layouts_with_an_input(name, prompt, completion):
    assert Layout(**OPTION["with_input"][name]).fill("I", "a", "b") == (prompt, completion)


@pytest.mark.parametrize(
    ("name", "prompt", "completion"),
    [
        ("same_line", "I Output:", " b"),
        ("next_line", "I\nOutput:", " b"),
        ("paragraphs", "I\n\nOutput:", " b"),
        ("no_labels_close", "I\n", "b"),
        ("no_labels", "I\n\n", "b"),
        ("task_label", "Task: I\n\n", "b"),
    ],
)
def test_layouts_without_an_input(name, prompt, completion):
    assert Layout(**OPTION["without_input"][name]).fill("I", "", "b") == (prompt, completion)


def test_a_layout_that_is_null_is_off():
    keys = {"with_input": {**PLAIN["with_input"], "other": None}}

    assert {row["prompt"].count("|") for row in rows(many(20), **keys)} == {0, 2}


def test_seeds_take_part_when_they_are_wanted():
    pool = Pool([task(1, ("", "made")), task(1, ("", "given"), origin=HUMAN)])

    assert [row["completion"] for row in rows(pool)] == [" made<end>"]
    assert sorted(row["completion"] for row in rows(pool, include_seeds=True)) == [" given<end>", " made<end>"]


def test_tasks_without_instances_are_skipped():
    assert rows(Pool([Task("a", "tasks", "Do.")])) == []


def test_no_layout_at_all_is_refused():
    with pytest.raises(ValidationError, match="at least one layout"):
        PromptCompletion(**{**PLAIN, "without_input": {"one": None}})


def test_a_layout_that_asks_for_something_unknown_is_refused_by_name():
    broken = {"odd": {"prompt": "{{ instrution }}", "completion": "{{ output }}"}}

    with pytest.raises(ValidationError, match="'odd' that cannot be filled: 'instrution' is undefined"):
        PromptCompletion(**{**PLAIN, "with_input": broken})


def test_a_layout_that_cannot_be_read_is_refused():
    with pytest.raises(ValidationError, match="cannot be filled"):
        PromptCompletion(**{**PLAIN, "with_input": {"odd": {"prompt": "{{ instruction", "completion": ""}}})


def test_a_prompt_does_not_see_the_output():
    with pytest.raises(ValidationError, match="'output' is undefined"):
        PromptCompletion(**{**PLAIN, "with_input": {"odd": {"prompt": "{{ output }}", "completion": ""}}})


def digest(found):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
    return sha256(text.encode()).hexdigest()


GOLDEN = "3266adba59f18587e07eee07e7fc9f4c55e92ea20e603072374f35baef9b5b44"


def test_the_same_pool_gives_the_same_bytes_anywhere():
    assert digest(rows(many(50), **OPTION)) == GOLDEN


def test_string_hashing_plays_no_part():
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from test_prompt_completion import OPTION, digest, many, rows\n"
        "print(digest(rows(many(50), **OPTION)))"
    )
    command = [sys.executable, "-c", code, str(ROOT), str(Path(__file__).parent)]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONDONTWRITEBYTECODE": "1"}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert printed.strip() == GOLDEN
