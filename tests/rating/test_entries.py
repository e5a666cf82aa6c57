import json

import pytest
from rated import protocol, run_folder

from selfinstruct.errors import DataError, RunFolderError
from selfinstruct.rating.entries import CONTROLS, entries
from selfinstruct.task import HUMAN, Instance, Reference, Task


def made(number, **changes):
    values = {"id": f"made_{number}", "origin": "grow", "instruction": f"Do {number}.", "request": f"grow/1/{number}"}
    return Task(**{**values, "instances": (Instance("in", f"out {number}"),), "models": {"grow": "m"}, **changes})


def seed(number, **changes):
    values = {"id": f"seed_{number}", "origin": HUMAN, "instruction": f"Seed {number}."}
    return Task(**{**values, "instances": (Instance("", f"right {number}"),), **changes})


def answered(number, answer, grade=None):
    """A benchmark's task with an answer, and the grade of a judge."""
    return Task(
        id=f"task_{number}", origin=HUMAN, instruction=f"Do {number}.", references=(Reference("in", ("reference",)),),
        instances=(Instance("in", answer),) if answer else None,
        models={"answers": "m", **({"rating": "openai/judge"} if grade is not None else {})},
        attributes={"rating": grade} if grade else {},
    )  # fmt: skip


def predictions(path, count=3, first=0):
    rows = [{"instruction": f"Do {n}.\n", "input": "in", "response": f"said {n}"} for n in range(first, first + count)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_generated_tasks_are_drawn_with_controls_of_people(tmp_path):
    folder = run_folder(tmp_path / "run", [made(n) for n in range(30)], [seed(n) for n in range(8)])
    found = entries(protocol("spot_check", draws=10, controls=5), {"run": folder}, None, 1)

    assert [one.systems for one in found] == [("run",)] * 10 + [(CONTROLS,)] * 5
    assert all(one.texts["instruction"].startswith("Seed") == (one.systems == (CONTROLS,)) for one in found)
    assert found == entries(protocol("spot_check", draws=10, controls=5), {"run": folder}, None, 1)
    assert found != entries(protocol("spot_check", draws=10, controls=5), {"run": folder}, None, 2)


def test_a_seed_that_a_model_wrote_is_no_control(tmp_path):
    seeds = [seed(1), seed(2, models={"seeds": "gpt"}), seed(3, instances=None)]
    folder = run_folder(tmp_path / "run", [made(1), made(2, instances=None)], seeds)

    found = entries(protocol("spot_check"), {"run": folder}, None, 1)
    assert [one.task for one in found] == ["made_1", "seed_1"]


def test_a_run_without_outputs_has_nothing_to_check(tmp_path):
    folder = run_folder(tmp_path / "run", [made(1, instances=None)])

    with pytest.raises(RunFolderError, match="holds no generated tasks with an output"):
        entries(protocol("spot_check"), {"run": folder}, None, 1)


def test_answers_of_a_run_come_with_their_reference_and_their_judges_grade(tmp_path):
    folder = run_folder(tmp_path / "run", [answered(1, "said", "B"), answered(2, "", ""), answered(3, "x", "?")])
    one, missing, unread = entries(protocol("user_oriented"), {"run": folder}, None, 1)

    assert one.texts == {"instruction": "Do 1.", "input": "in", "reference": "reference"}
    assert (one.answers, one.judged) == (("said",), {"openai/judge": "B"})
    assert (missing.answers, missing.judged) == (("",), {"openai/judge": None})
    assert unread.judged == {"openai/judge": "?"}


def test_predictions_are_matched_with_the_answers_of_a_run(tmp_path):
    folder = run_folder(tmp_path / "run", [answered(n, f"ours {n}") for n in range(3)])
    systems = {"ours": folder, "theirs": predictions(tmp_path / "p.jsonl")}

    found = entries(protocol("user_oriented"), systems, None, 1)
    assert [(one.systems[0], one.answers[0]) for one in found[:2]] == [("ours", "ours 0"), ("theirs", "said 0")]
    assert {one.task for one in found} == {"task_0", "task_1", "task_2"}
    assert {one.texts["reference"] for one in found} == {"reference"}  # or its lack would give a system away


def test_a_set_gives_the_references_of_predictions(tmp_path):
    row = {"id": "u_1", "instruction": "Do 1.", "instances": [{"input": "in", "output": "like this"}]}
    (tmp_path / "set.jsonl").write_text(json.dumps(row))
    (found,) = entries(protocol("user_oriented"), {"p": predictions(tmp_path / "p.jsonl")}, tmp_path / "set.jsonl", 1)

    assert (found.task, found.texts["reference"]) == ("u_1", "like this")


def test_a_system_that_lacks_answers_is_named(tmp_path):
    systems = {"one": predictions(tmp_path / "1.jsonl", 3), "two": predictions(tmp_path / "2.jsonl", 2)}

    with pytest.raises(DataError, match=r"rate\.answers\.two: .* lacks 1 of 3 answers, as to 'Do 2\.'"):
        entries(protocol("user_oriented"), systems, None, 1)


def test_draws_count_tasks_and_keep_all_systems(tmp_path):
    systems = {"one": predictions(tmp_path / "1.jsonl", 9), "two": predictions(tmp_path / "2.jsonl", 9)}
    found = entries(protocol("user_oriented", draws=4), systems, None, 1)

    assert len(found) == 8
    assert [one.task for one in found[::2]] == [one.task for one in found[1::2]]


def test_pairs_hold_both_answers(tmp_path):
    systems = {"one": predictions(tmp_path / "1.jsonl"), "two": predictions(tmp_path / "2.jsonl")}

    assert entries(protocol("pairwise"), systems, None, 1)[0].systems == ("one", "two")


def test_three_systems_are_no_pair(tmp_path):
    systems = {name: predictions(tmp_path / f"{name}.jsonl") for name in "abc"}

    with pytest.raises(DataError, match=r"rate\.answers must name two systems"):
        entries(protocol("pairwise"), systems, None, 1)


@pytest.mark.parametrize(
    ("forward", "backward", "verdict"),
    [("1", "2", "left"), ("2", "1", "right"), ("1", "1", "tie"), ("tie", "1", "tie"), ("1", None, None)],
)
def test_a_run_that_compared_pairs_brings_its_judge(tmp_path, forward, backward, verdict):
    said = {name: value for name, value in (("forward", forward), ("backward", backward)) if value}
    pair = Task(
        id="pair_1", origin=HUMAN, instruction="Do.", references=(Reference("in", ()),),
        models={"forward": "judge", "backward": "judge"},
        attributes={"systems": ["run", "run"], "answers": ["x", "y"], **said},
    )  # fmt: skip
    (found,) = entries(protocol("pairwise"), {"run": run_folder(tmp_path / "run", [pair])}, None, 1)

    assert found.systems == ("run (1)", "run (2)")
    assert found.judged == {"judge": verdict}


JUDGED = {"valid_instruction": "yes", "appropriate_input": "yes", "correct_output": "no", "quality": 2}


def test_a_generated_task_that_was_judged_is_shown_as_the_judge_saw_it_with_its_verdicts(tmp_path):
    pairs = tuple(Instance("in", f"out {number}") for number in range(9))
    models = {"grow": "m", "quality": "judge"}
    tasks = [made(n, instances=pairs, models=models, attributes=JUDGED) for n in range(4)]
    folder = run_folder(tmp_path / "run", [*tasks, made(4)])
    *judged, plain = entries(protocol("spot_check"), {"run": folder}, None, 1)

    assert {one.answers for one in judged} == {("out 0",)}
    assert judged[0].judged == {"judge": {"instruction": "yes", "input": "yes", "output": "no"}}
    assert plain.judged == {}
