import json
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from selfinstruct.budget import Stop
from selfinstruct.pages import html
from selfinstruct.pages.overview import overview
from selfinstruct.storage.folder import store_config, stored_config
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Instance, Task

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)> \u202eabc \x1b[2J {{ 7 * 7 }}"


def values_of(folder, **more):
    return overview(RunReader(folder), **more)


def rewrite(folder, change):
    """Change the stored config of a run."""
    config = stored_config(folder)
    change(config)
    store_config(folder, config, [])


def report(folder, **more):
    return html.file("report.html", values_of(folder, **more))


def test_the_head_line_counts_what_the_run_made_and_cost(make_run, tmp_path):
    found = values_of(make_run(tmp_path / "run", until=5))

    assert found["title"] == "r by openai/m"
    assert (found["state"], found["reason"]) == ("done", "grow: done")
    assert found["numbers"] == [
        ("2 of 5", "tasks kept"),
        ("50 %", "of the candidates for tasks"),
        ("120", "tokens"),
        ("$0.5000", "paid"),
        ("2", "replies"),
    ]


def test_a_price_that_is_not_known_is_never_0(make_run, tmp_path):
    found = values_of(make_run(tmp_path / "run", cost=None))

    assert ("unknown", "paid: set model.price") in found["numbers"]
    assert found["stages"]["rows"][0][8] == "unknown"


def test_text_of_a_stand_in_is_called_so(make_run, tmp_path):
    assert "<b>OFFLINE.</b>" in report(make_run(tmp_path / "run", model="offline"))
    assert "OFFLINE" not in report(make_run(tmp_path / "other"))


def test_the_report_says_what_the_card_of_the_dataset_says(make_run, tmp_path):
    text = report(make_run(tmp_path / "run"))

    assert "No person has checked it" in text
    assert "License of the seeds: not stated (seed tasks of the run&#39;s author (not stated))" in text


def test_a_run_that_its_budget_stopped_says_why(make_run, tmp_path):
    text = report(make_run(tmp_path / "run", stopped=Stop("requests", "budget: 2 of 2 requests spent")))

    assert '<b class="stopped">stopped</b>: budget: 2 of 2 requests spent' in text


def test_rejections_are_shown_by_filter_the_most_frequent_first(make_run, tmp_path):
    found = values_of(make_run(tmp_path / "run"))["rejected"]

    assert [(one["filter"], one["count"]) for one in found] == [("parse", 1), ("similarity", 1)]
    assert found[1]["examples"] == [{"text": "Name three fruits!", "reason": "near", "nearest": None}]


def test_samples_are_always_the_same_ones(make_run, tmp_path):
    texts = tuple(f"Do thing number {number}." for number in range(1, 11))
    folder = make_run(tmp_path / "run", instructions=texts)

    found = values_of(folder)["samples"]

    assert [one["id"] for one in found] == ["grow_1", "grow_3", "grow_5", "grow_7", "grow_9"]
    assert values_of(folder)["samples"] == found


def test_no_text_is_markup_and_none_is_run(make_run, tmp_path):
    folder = make_run(tmp_path / "run", instructions=(HOSTILE,), model=HOSTILE, x=HOSTILE, error=HOSTILE)

    text = report(folder, rows=10)

    assert "<script" not in text
    assert re.search(r"<[^>]*\s(on\w+|style)=", text) is None
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "{{ 7 * 7 }}" in text


@settings(max_examples=30)
@given(text=st.text(min_size=1))
def test_any_text_of_a_model_is_shown_as_text(text):
    values = {"filter": text, "count": 1, "examples": [{"text": text, "reason": text, "nearest": None}]}
    template = html.environment().from_string(
        "{% for one in r %}<p>{{ one.filter }}{% for e in one.examples %}{{ e.text }}{% endfor %}</p>{% endfor %}"
    )

    assert template.render(r=[values]).count("<") == 2


def test_nobody_is_named_in_a_report(make_run, tmp_path):
    folder = make_run(
        tmp_path / "home" / "bob" / "run",
        model="/home/bob/models/tiny",
        api_base="http://secret.example/v1",
        key_env="MY_KEY",
        error=f"{tmp_path}/home/bob/run: http://secret.example/v1 does not answer",
    )

    text = report(folder, rows=10)

    assert "tiny" in text
    assert not any(word in text for word in ("bob", "secret.example", "MY_KEY", str(tmp_path)))


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(make_run, tmp_path):
    folder = make_run(tmp_path / "run")
    first = report(folder, rows=10)

    assert report(folder.rename(tmp_path / "moved"), rows=10) == first


def test_scores_and_a_training_are_shown_where_there_are_any(make_run, tmp_path):
    folder = make_run(tmp_path / "run")
    assert values_of(folder)["scores"] is None
    summary = json.loads((folder / "summary.json").read_text())
    more = {"scores": {"superni": {"rouge_l": 0.25, "x": None}}, "training": {"loss": 1.5, "rows": {"trained_on": 3}}}
    (folder / "summary.json").write_text(json.dumps(summary | more))

    found = values_of(folder)

    assert found["scores"]["rows"] == [["superni", "rouge_l", "0.25", ""], ["superni", "x", "unknown", ""]]
    assert found["training"]["rows"] == [["loss", "1.5"]]


def test_a_run_that_has_only_started_is_shown(make_run, tmp_path):
    folder = make_run(tmp_path / "run", summarised=False)

    assert '<b class="interrupted">interrupted</b>' in report(folder)


def test_a_run_that_only_answers_has_no_cautions_about_tasks_made(growing):
    growing.commit(Task(id="seed_0", origin="human", instruction="Seed 0.", instances=(Instance("", "One."),)))
    found = overview(RunReader(growing.folder))

    assert found["numbers"][0] == ("1 of 1", "candidates kept")
    assert found["cautions"] == []


def test_replies_that_ignored_a_schema_are_a_caution(growing):
    growing.commit(Task(id="grow_1", origin="grow", instruction="Name a sea."), figures={"schema_ignored": 2})

    said = "The server ignored the JSON schema in 2 of its replies; they were read as text."
    assert said in overview(RunReader(growing.folder))["cautions"]


def test_stages_that_were_held_to_a_schema_or_asked_in_batches_are_named(make_run, tmp_path):
    folder = make_run(tmp_path / "run", prompt={"structured": {"enabled": True}}, until=5)
    rewrite(folder, lambda config: config["recipe"].update(answers={"model": {"batch": True}, "prompt": None}))

    said = values_of(folder)["cautions"]

    assert "Replies were held to a JSON schema in: grow." in said
    assert "Requests were sent in batches, mostly at half the price, in: answers." in said
    assert not any("schema" in one or "batches" in one for one in values_of(make_run(tmp_path / "other"))["cautions"])


def test_every_filter_is_listed_with_its_settings_also_where_it_has_rejected_nothing(make_run, tmp_path):
    filters = {"similarity": {"threshold": 0.7}, "contamination": {"benchmarks": {"mine": {"_target_": "x"}}}}
    folder = make_run(tmp_path / "run", filters=filters)

    assert values_of(folder)["filters"]["rows"] == [
        ["grow", "similarity", "1", "threshold 0.7"],
        ["grow", "contamination", "0", "benchmarks mine"],
    ]


def test_a_task_that_a_judge_rejected_is_not_shown_as_kept(growing):
    one = Task(id="grow_1", origin="grow", instruction="Name a sea.", instances=(Instance("", "Baltic"),))
    growing.commit(one, replace(one, id="grow_2"))
    growing.commit(replace(one, attributes={"rejected": {"quality": "quality"}}), stage="quality")

    found = values_of(growing.folder)

    assert ("1", "of them in the dataset") in found["numbers"]
    assert [one["id"] for one in found["samples"]] == ["grow_2"]


def test_the_meaning_of_a_score_is_shown_where_it_is_known(make_run, tmp_path):
    folder = make_run(tmp_path / "run")
    summary = json.loads((folder / "summary.json").read_text())
    scores = {"quality": {"rating": 4.5}, "contamination": {"overlap": 0.25}}
    (folder / "summary.json").write_text(json.dumps(summary | {"scores": scores}))
    (folder / "scores.json").write_text(json.dumps({"benchmarks": {"quality": {"meanings": {"rating": "1 to 5"}}}}))

    assert [row[1:] for row in values_of(folder)["scores"]["rows"]] == [
        ["rating", "4.5", "1 to 5"],
        ["overlap", "0.25", "share of the rows that overlap with a benchmark"],
    ]


def test_the_rows_of_every_file_of_the_dataset_are_shown(make_run, tmp_path):
    folder = make_run(tmp_path / "run")
    assert values_of(folder)["dataset"] is None
    (folder / "dataset").mkdir()
    (folder / "dataset" / "preference.jsonl").write_text("{}\n" * 1200)

    assert values_of(folder)["dataset"]["rows"] == [["preference.jsonl", "1,200"]]
    assert "<td>preference.jsonl</td>" in report(folder)
