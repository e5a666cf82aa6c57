import json

import commands

LONG = "the old clock in the hall strikes nine whenever a stranger walks up to our door"
ADD = "+filters@recipe.instructions.filters=contamination"
KEY = "recipe.instructions.filters.contamination"


def test_a_benchmark_that_has_changed_keeps_a_run_from_being_resumed(tmp_path):
    benchmark, folder = tmp_path / "test.jsonl", tmp_path / "run"
    benchmark.write_text(f"{json.dumps({'question': LONG})}\n", encoding="utf-8")
    words = (
        *(ADD, f"+{KEY}.benchmarks.mine={{_target_: selfinstruct.source.jsonl.Jsonl, path: {benchmark}}}"),
        *(
            "recipe.instructions.requests_per_round=1",
            "trackers=[]",
            "recipe.instructions.until=10",
            "actions=[generate]",
            f"hydra.run.dir={folder}",
        ),
    )
    assert commands.run(*words, "budget.requests=3").returncode == 0
    before = (folder / "rounds.jsonl").read_bytes()
    benchmark.write_text(f"{json.dumps({'question': LONG + ' at night'})}\n", encoding="utf-8")

    refused = commands.run(*words)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"The files of {KEY} are not what they were when this run started.")
    assert (folder / "rounds.jsonl").read_bytes() == before

    benchmark.write_text(f"{json.dumps({'question': LONG})}\n", encoding="utf-8")
    assert commands.run(*words).returncode == 0
    rows = [json.loads(row) for row in (folder / "rounds.jsonl").read_text(encoding="utf-8").splitlines()]
    hashes = [row.get("filter_files") for row in rows if row["stage"] == "instructions"]
    assert hashes == [hashes[0]] * len(hashes)
    assert hashes[0]
    assert not any("filter_files" in row for row in rows if row["stage"] != "instructions")


def test_a_benchmark_that_cannot_be_read_is_reported_before_a_run_is_refiltered(tmp_path):
    words = ("recipe.instructions.until=5", "trackers=[]")
    source = f"{{_target_: selfinstruct.source.jsonl.Jsonl, path: {tmp_path / 'none.jsonl'}}}"
    assert commands.run(*words, "actions=[generate]", f"hydra.run.dir={tmp_path / 'run'}").returncode == 0

    refused = commands.run(
        *(*words, ADD, f"+{KEY}.benchmarks.mine={source}", "actions=[refilter]"),
        *(f"refilter.run={tmp_path / 'run'}", f"hydra.run.dir={tmp_path / 'new'}"),
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{tmp_path / 'none.jsonl'}: cannot be read")
    assert not (tmp_path / "new").exists()
