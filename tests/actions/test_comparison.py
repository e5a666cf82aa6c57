import csv
import io
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from selfinstruct.actions.comparison import spreadsheets, tables
from selfinstruct.actions.comparison.comparing import compare
from selfinstruct.actions.comparison.grouping import estimate, short
from selfinstruct.actions.comparison.page import collapsed, page, samples, sent
from selfinstruct.actions.comparison.page import tables as tables_of
from selfinstruct.actions.comparison.plots import plots
from selfinstruct.actions.comparison.reading import read
from selfinstruct.budget import Stop
from selfinstruct.pages.drawing import svg
from selfinstruct.pages.figures.labels import columns
from selfinstruct.storage.folder import hashed
from selfinstruct.text.escaping import csv_text

HOSTILE = "<script>alert(1)</script> Write_$100 & {more} | *x*"


class Reader(HTMLParser):
    """The tags and the text of a page; fails where a tag is not closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = set(), [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def rewrite(path, change):
    changed = change(json.loads(path.read_text()))
    path.write_text(json.dumps(hashed(changed) if path.name == "config.json" else changed))


def figures_of(folders):
    return [run.figures for run in compare(folders).runs]


def test_figures_are_reported_per_task_and_per_request(make_run, tmp_path):
    (found,) = figures_of([make_run(tmp_path / "a")])

    assert found["made"] == 2
    assert found["in_dataset"] == 2
    assert found["kept_per_request"] == 1
    assert found["tokens_per_task"] == 60
    assert found["usd_per_task"] == 0.25
    assert found["seconds"] == 1.5
    assert found["parse_share"] == 0.25
    assert found["classification_share"] == 0.5
    assert found["output_words"] == 2
    assert found["rejected.similarity"] == 1
    assert found["stages.grow.kept_per_request"] == 1


def test_runs_of_different_recipes_are_reported_by_their_recipes_and_the_keys_of_all(make_run, tmp_path):
    one, other = make_run(tmp_path / "a"), make_run(tmp_path / "b", random_seed=2)
    kept = json.loads((other / "config.json").read_text())
    kept["config"]["recipe"]["judge"] = {"_target_": "selfinstruct.recipe.grow.Grow"}
    (other / "config.json").write_text(json.dumps(hashed(kept)))
    comparison = compare([one, other, tmp_path / "none"])

    assert list(comparison.short.values()) == ["recipe", "random_seed"]
    assert [run.value("recipe") for run in comparison.runs] == ["grow", "grow, judge", ""]
    assert "recipe.judge._target_" in comparison.keys

    rewrite(other / "summary.json", lambda summary: summary | {"recipe": "judged"})

    assert [run.values["recipe"] for run in compare([one, other]).runs] == ["r", "judged"]


def typed(folder, *words):
    """A run that was started with these words."""
    rewrite(folder / "config.json", lambda kept: kept | {"overrides": list(words)})
    return folder


def test_runs_that_chose_other_options_are_named_by_them(make_run, tmp_path):
    runs = [
        typed(make_run(tmp_path / f"{number}", words={language: True}, until=until), f"language={language}", f"+n={n}")
        for number, (language, until, n) in enumerate([("en", 5, 1), ("zh", 5, 1), ("zh", 9, 2)])
    ]

    comparison = compare(runs)

    assert list(comparison.short.values()) == ["language", "n"]
    assert [comparison.legend(run) for run in comparison.runs] == [
        "0: language=en, n=1",
        "1: language=zh, n=1",
        "2: language=zh, n=2",
    ]
    assert "recipe.grow.words.zh" in comparison.keys


def test_words_that_do_not_say_all_that_differs_name_no_run(make_run, tmp_path):
    one = typed(make_run(tmp_path / "a", until=5), "language=en", "formats=[chat]")
    other = typed(make_run(tmp_path / "b", until=6), "language=zh", "formats=[alpaca]")
    changed = typed(make_run(tmp_path / "c", until=7), "language=zh")
    untyped = make_run(tmp_path / "d", until=6)

    assert list(compare([one, other]).short) == ["language"]
    assert list(compare([one, other, changed]).short) == ["recipe.grow.until"]
    assert list(compare([one, untyped]).short) == ["recipe.grow.until"]


def test_an_unknown_price_stays_unknown_in_every_form(make_run, tmp_path):
    comparison = compare([make_run(tmp_path / "a", cost=None), make_run(tmp_path / "b", cost=None, random_seed=2)])

    assert comparison.runs[0].figures["usd_per_task"] is None
    assert comparison.groups[0].figures["usd_per_task"] is None
    assert rows(csv_text(spreadsheets.every_run(comparison)))[0]["figures.usd_per_task"] == ""
    assert "–" in tables.text(tables.short_tables(comparison)[0])
    assert re.search("Unknown in all rows: [^.]*usd_per_task", page(comparison))


def test_what_replies_cost_is_unknown_of_a_run_that_cannot_say_what_it_did_not_need(make_run, tmp_path):
    comparison = compare([make_run(tmp_path / "a", summarised=False)])

    assert comparison.runs[0].status == "unfinished: it has no summary yet"
    assert comparison.runs[0].figures["tokens_per_task"] is None
    assert comparison.runs[0].figures["prompt_tokens"] == 100


def test_runs_that_differ_only_in_their_seed_are_grouped(make_run, tmp_path):
    folders = [
        make_run(tmp_path / f"{seed}_{until}", random_seed=seed, until=until) for until in (5, 6) for seed in (1, 2)
    ]
    twin = make_run(tmp_path / "twin", random_seed=1, until=5)
    failed = make_run(tmp_path / "failed", random_seed=3, until=5, error="the model is gone")

    comparison = compare([*folders, twin, failed])

    assert [group.label for group in comparison.groups] == ["1, 2, 5", "3, 4"]
    assert comparison.groups[1].figures["made"].mean == 2
    assert list(comparison.keys) == ["random_seed", "recipe.grow.until"]
    assert "The same config and seed: run 1, 5. An interval would count them twice." in comparison.warnings
    assert "Run 6: failed: the model is gone." in comparison.warnings


def test_an_interval_is_of_the_mean_and_always_the_same():
    found = estimate((1.0, 2.0, 3.0, 6.0))

    assert found.mean == 3
    assert 1 <= found.low < 2.5
    assert 3.5 < found.high <= 6
    assert estimate.__wrapped__((1.0, 2.0, 3.0, 6.0)) == found
    assert estimate((2.0, 2.0)).low == 2


def test_keys_are_shortened_as_far_as_they_stay_apart():
    assert short(["a.b.until", "a.c.until", "random_seed"]) == {
        "a.b.until": "b.until",
        "a.c.until": "c.until",
        "random_seed": "random_seed",
    }
    assert short(["until", "a.until"]) == {"until": "until", "a.until": "a.until"}
    assert short(["a.values.3", "7"]) == {"a.values.3": "values.3", "7": "7"}


@pytest.mark.parametrize(
    ("name", "text", "reported"),
    [
        ("config.json", "{", "config.json cannot be read"),
        ("config.json", '{"overrides": [], "config": {}}', "config.json cannot be read"),
        ("rounds.jsonl", "[]\n", "rounds.jsonl:1: must be an object"),
        ("pool.jsonl", "", "pool.jsonl is shorter than"),
        ("summary.json", "[]", "summary.json cannot be read"),
        ("summary.json", "{", "summary.json cannot be read"),
        ("pool.jsonl", b"\xff\n" * 2000, "has changed since round 1"),
    ],
)
def test_a_broken_run_is_listed_and_breaks_nothing(make_run, tmp_path, name, text, reported):
    broken = make_run(tmp_path / "broken")
    (broken / name).write_bytes(text.encode() if isinstance(text, str) else text)

    comparison = compare([make_run(tmp_path / "whole"), broken, tmp_path / "nowhere"])

    assert reported in comparison.runs[1].status
    assert comparison.runs[2].status == "there is no such folder"
    made = rows(csv_text(spreadsheets.every_run(comparison)))[1]["figures.made"]
    assert made == ("2" if name == "summary.json" else "")  # figures are of the rounds, not of the summary
    assert reported in "".join(Reader(page(comparison)).texts)


def test_a_comparison_of_nothing_readable_is_still_written(tmp_path):
    comparison = compare([tmp_path])

    assert "no run has started here" in page(comparison)
    assert "no run has started here" in tables.markdown(tables.short_tables(comparison)[0])


def test_what_lies_beyond_the_last_committed_round_is_not_read(make_run, tmp_path):
    folder = make_run(tmp_path / "a")
    with (folder / "pool.jsonl").open("a") as pool, (folder / "rounds.jsonl").open("a") as rounds:
        pool.write('{"id": "torn"')
        rounds.write('{"stage": "gr')

    found = read(folder)

    assert found.is_complete
    assert len(found.pool) == 3


def test_a_summary_that_its_rounds_have_outrun_is_reported(make_run, tmp_path):
    folder = make_run(tmp_path / "a")
    rewrite(folder / "summary.json", lambda summary: summary | {"kept": 1})

    found = read(folder)

    assert found.status == "unfinished: its summary is older than its rounds"
    assert found.summary == {}


def test_why_a_run_failed_names_no_folder_and_no_server(make_run, tmp_path):
    error = f"{tmp_path}/a/pool.jsonl cannot be written, and http://gpu.lan:8000 cannot be reached. Does it run?"
    comparison = compare([make_run(tmp_path / "a", error=error), make_run(tmp_path / "b", error="It is gone.")])

    assert "Run 1: failed: pool.jsonl cannot be written, and … cannot be reached. Does it run?" in comparison.warnings
    assert "Run 2: failed: It is gone." in comparison.warnings
    assert "failed: pool.jsonl cannot" in str(tables.short_tables(comparison)[0].rows)


def test_a_run_that_its_budget_stopped_is_not_complete(make_run, tmp_path):
    found = read(make_run(tmp_path / "a", stopped=Stop("requests", "budget: 2 of 2 requests spent")))

    assert found.status == "stopped: budget: 2 of 2 requests spent"


def test_runs_of_different_size_or_code_are_not_compared_in_silence(make_run, tmp_path):
    folders = [make_run(tmp_path / "a"), make_run(tmp_path / "b", instructions=("Sort the words.",))]
    rewrite(folders[0] / "summary.json", lambda summary: summary | {"git": {"commit": "other", "dirty": False}})

    reported = " ".join(compare(folders).warnings)

    assert "made 1 to 2 tasks" in reported
    assert "made by different versions of the code" in reported


def test_a_model_that_changed_during_a_run_is_reported(make_run, tmp_path):
    folders = [
        make_run(tmp_path / "same", replies=(({}, "m-1"), ({"temperature": 0.5}, "m-1"))),
        make_run(tmp_path / "other", replies=(({}, "m-1"), ({}, "m-2"))),
        make_run(tmp_path / "broken"),
    ]
    (folders[2] / "completions.sqlite").write_bytes(b"not a database" * 100)

    comparison = compare(folders)

    assert [len(run.served) for run in comparison.runs] == [1, 2, 0]
    reported = [text for text in comparison.warnings if "several models" in text]
    assert reported == ["Run 2, grow: several models answered: m-1, m-2."]


def test_overlap_is_reported_in_both_directions(make_run, tmp_path):
    one = make_run(tmp_path / "one", instructions=("a b c d e f g h i j",))
    two = make_run(tmp_path / "two", instructions=("a b c d e f g h i x", "Sort the words.", "Sort all of the words."))
    same = make_run(tmp_path / "same", instructions=("Sort the words.",))

    found = compare([one, two, same]).overlaps

    assert (found["1", "2"].near, found["1", "2"].identical) == (1, 0)
    assert found["2", "1"].near == pytest.approx(1 / 3, abs=1e-6)
    assert (found["3", "2"].near, found["3", "2"].identical) == (1, 1)
    assert ("1", "1") not in found


def test_offline_runs_are_marked_in_every_form(make_run, tmp_path):
    runs = [make_run(tmp_path / f"{seed}_x", random_seed=seed, model="offline") for seed in (1, 2)]
    comparison = compare([*runs, make_run(tmp_path / "3_x", random_seed=3)])

    assert [run.label for run in comparison.runs] == ["1 offline", "2 offline", "3"]
    assert comparison.groups[0].label == "1, 2 offline"
    assert "1, 2 offline" in csv_text(spreadsheets.every_group(comparison))
    assert "run 1, 2. Its figures do not measure a language model." in comparison.warnings[0]
    for form in (tables.text, tables.markdown, tables.latex):
        assert "2 offline" in form(tables.short_tables(comparison)[0])
    reported = page(comparison)
    assert "<td>1 offline</td>" in reported
    assert "<td>1, 2 offline</td>" in reported


def test_no_text_is_markup_in_any_form(make_run, tmp_path):
    folders = [
        make_run(
            tmp_path / f"{seed}_{HOSTILE.replace('/', '-')}",
            instructions=(HOSTILE,),
            random_seed=seed,
            x=f"{HOSTILE}{seed}",
        )
        for seed in (1, 2)
    ]
    comparison = compare(folders)

    read_page = Reader(page(comparison))
    assert "script" not in read_page.tags
    assert HOSTILE in read_page.texts
    row = next(line for line in tables.latex(tables.short_tables(comparison)[0]).splitlines() if line.startswith("1 "))
    assert r"\textless{}script\textgreater{}alert" in row
    assert r"Write\_\$100 \& \{more\} \textbar{} *x*" in row
    assert r"\<script\>alert" in tables.markdown(tables.short_tables(comparison)[0])
    assert r"\| \*x\*" in tables.markdown(tables.short_tables(comparison)[0])


def test_a_page_names_no_folder_and_no_server(make_run, tmp_path):
    places = ["in /home/bob/one.jsonl of http://10.0.0.1:8000/v1", "in /home/bob/two.jsonl of http://10.0.0.2:8000/v1"]
    text = page(compare([make_run(tmp_path / f"{seed}", x=place) for seed, place in enumerate(places)]))

    assert "one.jsonl" in text
    assert "bob" not in text
    assert "10.0.0" not in text


def test_what_was_sent_names_no_folder_and_no_server(make_run, tmp_path):
    sent_with = {"extra": {"api_base": "http://10.0.0.1:8000/v1", "grammar": "/home/bob/lists.json"}}
    text = page(compare([make_run(tmp_path / "a", replies=((sent_with, "/home/bob/models/tiny"),))]))

    assert "extra.grammar lists.json" in text
    assert "model as served tiny" in text
    assert "bob" not in text
    assert "10.0.0" not in text


def test_a_training_is_compared_by_what_was_held_out(make_run, tmp_path):
    folders = [make_run(tmp_path / "a"), make_run(tmp_path / "b")]
    training = {"loss": 0.5, "validation_loss": 0.6, "validation_reward_accuracy": 0.75}
    rewrite(folders[1] / "summary.json", lambda summary: summary | {"training": training})

    found = [(one["validation_loss"], one["reward_accuracy"]) for one in figures_of(folders)]

    assert found == [(None, None), (0.6, 0.75)]


def test_a_page_asks_nothing_of_a_network_and_runs_no_script(make_run, tmp_path):
    text = page(compare([make_run(tmp_path / "a"), make_run(tmp_path / "b", random_seed=2)]))

    assert "default-src 'none'" in unescape(text)
    assert (
        re.search(r"https?:|//|url\(|@import|<link (?!rel=\"icon\" href=\"data:,\")|<img|\bon\w+=|style=", text) is None
    )


def test_a_spreadsheet_takes_no_text_for_a_formula():
    assert csv_text([["=1+1", "-x", -1, "x"]]) == "'=1+1,'-x,-1,x\n"


def test_a_table_that_is_too_wide_for_the_terminal_says_what_it_leaves_out(make_run, tmp_path):
    table = tables.short_tables(compare([make_run(tmp_path / "a")]))[0]

    reported = tables.text(table, 40)

    assert all(len(line) <= 40 for line in reported.splitlines())
    assert " more columns do not fit)" in reported
    assert "(1 more column does not fit)" in tables.text(tables.Table("x", list("abc"), [["123"] * 3]), 8)
    assert "kept_per_request" in tables.text(table)
    assert "\x1b" not in tables.text(tables.Table("x", ["a"], [["\x1b[31m"]]))
    assert "\x1b" not in tables.text(tables.Table("x", ["\x1b[31m"], [["a"]]))


def test_prompts_in_several_languages_leave_room_for_figures(make_run, tmp_path):
    texts = {
        "en": "Write some tasks for a shop. " * 4,
        "zh": "以下是交给智能助手的任务。" * 9,
    }
    runs = [make_run(tmp_path / name, template=text) for name, text in texts.items()]
    table = tables.short_tables(compare(runs))[0]
    lines = tables.text(table, 100).splitlines()

    assert table.headers[-1] == "template"
    assert any("kept_per_request" in line for line in lines)
    assert max(map(columns, lines)) <= 100
    whole = tables.text(table).splitlines()
    assert len({columns(line[: line.index("complete")]) for line in whole if "complete" in line}) == 1


@pytest.mark.parametrize("size", [1, 2, 5, 6, 40])
def test_a_cell_is_as_wide_as_its_column_in_any_script(size):
    assert columns(tables.cut("智能助手 and a shop", size)) == size


@pytest.mark.parametrize("width", [30, 40, 80])
def test_a_table_fits_any_terminal_however_long_a_status_is(width, make_run, tmp_path):
    runs = [make_run(tmp_path / str(seed), random_seed=seed, error="x" * 200) for seed in (1, 2)]
    lines = tables.text(tables.short_tables(compare(runs))[0], width).splitlines()

    assert max(map(len, lines)) <= width
    assert any("…" in line for line in lines)


def test_a_filter_that_rejected_nothing_is_known_to_have(make_run, tmp_path):
    folders = [make_run(tmp_path / "a"), make_run(tmp_path / "b", random_seed=2)]
    text = re.sub(', "sha256/[^"]+": "[^"]*"', "", (folders[1] / "rounds.jsonl").read_text())
    (folders[1] / "rounds.jsonl").write_text(text.replace("rejected/parse", "rejected/length"))

    one, two = figures_of(folders)

    assert (one["rejected.length"], two["rejected.length"]) == (0, 1)
    assert two["rejected.parse"] == 0


def test_tokens_from_a_cache_are_a_share_of_those_of_prompts_and_unknown_without_any(make_run, tmp_path):
    folders = [make_run(tmp_path / "a"), make_run(tmp_path / "b")]
    text = re.sub(', "sha256/[^"]+": "[^"]*"', "", (folders[1] / "rounds.jsonl").read_text())
    (folders[1] / "rounds.jsonl").write_text(text.replace('"asked": 2', '"asked": 2, "cached_tokens": 25'))

    assert [one["cached_share"] for one in figures_of(folders)] == [None, 0.25]


def test_a_filter_that_rejected_nothing_in_any_run_is_shown(make_run, tmp_path):
    found = figures_of([make_run(tmp_path / "a", filters={"contamination": {}}), make_run(tmp_path / "b")])

    assert [one["rejected.contamination"] for one in found] == [0, 0]


def test_numbers_have_four_digits():
    assert [tables.digits(value) for value in (None, 3, 0.123456, 12345.678, 2.0)] == [
        "–",
        "3",
        "0.1235",
        "12,346",
        "2",
    ]


def test_the_kept_share_of_each_round_is_a_line_for_each_setting_with_a_band_over_seeds(make_run, tmp_path):
    comparison = compare([make_run(tmp_path / str(seed), random_seed=seed) for seed in (1, 2)])
    one, other = comparison.runs
    (row,) = one.rounds
    longer = replace(one, rounds=[row, row | {"candidates": 0}, row | {"kept": 4}])

    (figure,) = plots(replace(comparison, runs=[longer, other]))

    assert figure.title == "Kept share by round, grow"
    assert figure.rows == [["", 1, 0.5, 0.5, 0.5], ["", 3, 1.0, 1.0, 1.0]]


def swept_runs(make_run, folder, **changes):
    return [
        make_run(folder / f"{seed}_{until}", random_seed=seed, until=until, instructions=texts, **changes)
        for seed in (1, 2)
        for until, texts in ((5, ("a b",)), (9, ("a b", "c d")), (20, ("a", "b", "c")))
    ]


def test_a_figure_is_drawn_against_the_swept_number_with_its_interval_over_seeds(make_run, tmp_path):
    figures = {one.name: one for one in plots(compare(swept_runs(make_run, tmp_path)))}

    found = figures["by_kept_per_request"]
    assert found.head == ["until", "other settings", "mean", "low", "high", "runs"]
    assert [(row[0], row[2], row[5]) for row in found.rows] == [(5, 0.5, 2), (9, 1.0, 2), (20, 1.5, 2)]
    assert "over random seeds" in found.caption
    assert "<svg" in svg(found)


def test_every_other_setting_is_a_line_of_its_own(make_run, tmp_path):
    runs = [run for x in ("one", "two") for run in swept_runs(make_run, tmp_path / x, x=x)]

    found = next(one for one in plots(compare(runs)) if one.name == "by_kept_per_request")

    assert {row[1] for row in found.rows} == {"x=one", "x=two"}
    assert len(found.rows) == 6


def test_what_is_no_number_is_drawn_side_by_side(make_run, tmp_path):
    runs = [
        make_run(tmp_path / model, model=model, instructions=texts)
        for model, texts in (("openai/a", ("a b",)), ("_b<script>", ("a b", "c d")))
    ]

    found = next(one for one in plots(compare(runs)) if one.name == "by_kept_per_request")

    assert [row[0] for row in found.rows] == ["openai/a", "_b<script>"]
    assert "<script" not in svg(found)
    assert "_b&lt;script&gt;" in svg(found)


def test_more_settings_than_colors_are_not_all_drawn_and_the_table_has_them(make_run, tmp_path):
    runs = [
        make_run(tmp_path / f"{until}_{x}", until=until, x=f"x{x}", instructions=("a",) * (until + x % 3))
        for until in (1, 2)
        for x in range(10)
    ]

    found = next(one for one in plots(compare(runs)) if one.name == "by_kept_per_request")

    assert "The first 8 of 10 settings are drawn; the table has all." in found.caption
    assert len({row[1] for row in found.rows}) == 10


def test_runs_that_differ_in_their_seed_only_are_not_drawn_against_it(make_run, tmp_path):
    runs = [make_run(tmp_path / str(seed), random_seed=seed, instructions=("a",) * seed) for seed in (1, 2)]

    assert not any(one.name.startswith("by_") for one in plots(compare(runs)))


def test_a_column_that_never_changes_becomes_a_part_of_a_sentence():
    rows = [["1", "complete", "3", "", "–"], ["2", "complete", "4", "", "–"]]
    table = tables.Table("t", ["run", "status", "x", "empty", "cost"], rows)

    found = collapsed(table)

    assert found.headers == ["run", "x"]
    assert found.rows == [["1", "3"], ["2", "4"]]
    assert found.note == "The same in all rows: status complete. Unknown in all rows: cost."
    assert collapsed(replace(table, rows=table.rows[:1])).headers == table.headers


def test_a_table_in_which_all_runs_are_the_same_is_its_sentence():
    found = collapsed(tables.Table("t", ["run", "parse"], [["1", "0"], ["2", "0"]]))

    assert (found.headers, found.rows, found.note) == ([], [], "The same in all rows: parse 0.")


def test_a_table_whose_columns_are_runs_keeps_them_all():
    table = tables.Table("t", ["parameter", "1", "2"], [["a: top_p", "–", "1"], ["a: model", "–", "m"]])

    assert collapsed(table) == table


def test_instructions_stand_side_by_side_at_the_same_places_of_the_pools(make_run, tmp_path):
    runs = [
        make_run(tmp_path / "a", x="one", instructions=("a", "b", "c")),
        make_run(tmp_path / "b", x="two", instructions=("d", "e")),
    ]

    found = samples(compare(runs))

    assert found.headers == ["place", "x=one", "x=two"]
    assert found.rows == [["1", "a", "d"], ["2", "b", "e"]]


def test_parameters_that_were_sent_alike_in_all_runs_take_one_row_a_stage(make_run, tmp_path):
    runs = [
        make_run(tmp_path / str(heat), replies=(({"temperature": heat, "top_p": 0.5}, "m"),)) for heat in (0.1, 0.9)
    ]

    differing, alike = sent(compare(runs))

    assert [row[0] for row in differing.rows] == ["grow: temperature"]
    ((stage, parameters),) = alike.rows
    assert stage == "grow"
    assert "top_p 0.5" in parameters


def test_long_values_are_cut_in_legends_only(make_run, tmp_path):
    folders = [make_run(tmp_path / f"{name}", note="word " * 30 + name) for name in "ab"]
    comparison = compare(folders)

    assert len(comparison.legend(comparison.runs[0])) <= 104
    assert "word word" in csv_text(spreadsheets.every_run(comparison))


def test_how_long_a_run_took_is_unknown_where_a_time_is_missing(make_run, tmp_path):
    folder = make_run(tmp_path / "a")
    (folder / "timings.jsonl").unlink()

    (found,) = figures_of([folder])

    assert found["seconds"] is None
    assert found["stages.grow.seconds"] is None


def test_a_run_with_quotas_has_the_largest_gap_and_each_topic(make_run, tmp_path):
    plan = {"topics": {"brakes": 1, "gears": 1}, "total": 4}
    make_run(tmp_path / "a", sampler=plan)
    make_run(tmp_path / "b")

    planned, free = figures_of([tmp_path / "a", tmp_path / "b"])

    assert planned["quota_gap"] == 1.0
    assert (planned["topics.grow.brakes.wanted"], planned["topics.grow.brakes.kept"]) == (2, 0)
    assert "quota_gap" not in free


def test_the_rows_of_files_are_columns_where_formats_write_different_numbers(make_run, tmp_path):
    folders = [make_run(tmp_path / "a"), make_run(tmp_path / "b", until=9)]
    for folder, name, count in ((folders[0], "chat", 2), (folders[1], "chat", 2), (folders[1], "preference", 7)):
        (folder / "dataset").mkdir(exist_ok=True)
        (folder / f"dataset/{name}.jsonl").write_text("{}\n" * count)
    comparison = compare(folders)

    assert [one.get("dataset.preference.jsonl") for one in figures_of(folders)] == [None, 7]
    assert [one["dataset.chat.jsonl"] for one in figures_of(folders)] == [2, 2]
    table = tables.of_runs(comparison, tables.measured(comparison))
    place = table.headers.index("in_dataset") + 1
    assert list(table.headers[place : place + 2]) == ["rows of chat.jsonl", "rows of preference.jsonl"]
    assert [list(row[place : place + 2]) for row in table.rows] == [["2", "–"], ["2", "7"]]
    assert "<td>rows of preference.jsonl</td>" in page(comparison)

    (folders[1] / "dataset/preference.jsonl").unlink()

    assert "dataset." not in str(tables.measured(compare(folders)))


def in_formats(folder, **formats):
    """A run that exports its dataset in these formats."""
    rewrite(folder / "config.json", lambda kept: kept | {"config": kept["config"] | {"formats": formats}})
    return folder


def test_runs_that_differ_in_their_formats_only_are_named_by_these(make_run, tmp_path):
    runs = [
        in_formats(
            make_run(tmp_path / f"{share}_{seed}", random_seed=seed), preference={"_target_": "x", "share": share}
        )
        for share in (1, 2)
        for seed in (1, 2)
    ]
    comparison = compare(runs)

    assert list(comparison.short) == ["random_seed", "formats.preference.share"]
    assert [comparison.legend(run) for run in comparison.runs[:2]] == [
        "1: random_seed=1, share=1",
        "2: random_seed=2, share=1",
    ]
    assert [group.label for group in comparison.groups] == ["1, 2", "3, 4"]
    assert not any("same config and seed" in text for text in comparison.warnings)


def test_runs_in_several_formats_are_named_by_the_option(make_run, tmp_path):
    runs = [
        typed(in_formats(make_run(tmp_path / name), **{name: {"_target_": name}}), f"formats=[{name}]")
        for name in ("chat", "alpaca")
    ]

    comparison = compare(runs)

    assert [comparison.legend(run) for run in comparison.runs] == ["1: formats=[chat]", "2: formats=[alpaca]"]


def test_formats_name_no_run_that_differs_in_more(make_run, tmp_path):
    runs = [
        in_formats(make_run(tmp_path / "a", random_seed=1), chat={}),
        in_formats(make_run(tmp_path / "b", random_seed=2), alpaca={}),
    ]
    comparison = compare(runs)

    assert list(comparison.short) == ["random_seed"]
    assert [group.label for group in comparison.groups] == ["1, 2"]


def folders_table(comparison):
    return next(table for table in tables_of(comparison) if table.title.startswith("Folders"))


def test_an_option_is_one_column_of_the_page_and_what_it_sets_is_in_the_rows(make_run, tmp_path):
    judges = {"quality": {f"key_{number}": number for number in range(20)}, "choice": {"other": 1}}
    comparison = compare(
        [typed(make_run(tmp_path / name, judge=judge), f"recipe/judge@recipe={name}") for name, judge in judges.items()]
    )

    table = folders_table(comparison)
    assert list(table.headers) == ["run", "folder", "models", "recipe/judge@recipe"]
    assert table.note == "runs.csv has all 22 keys that differ."
    assert spreadsheets.every_run(comparison)[0].count("recipe.grow.judge.key_7") == 1


def test_of_very_many_keys_the_page_shows_the_first(make_run, tmp_path):
    comparison = compare([make_run(tmp_path / str(run), **{f"key_{n}": run for n in range(30)}) for run in (1, 2)])

    assert len(folders_table(comparison).headers) == 3 + 12
    assert folders_table(comparison).note == "runs.csv has all 30 keys that differ."
    assert folders_table(compare([make_run(tmp_path / "a", x=1), make_run(tmp_path / "b", x=2)])).note == ""
