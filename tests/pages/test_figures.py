"""The tables of the figures, by hand."""

import json
import os
from itertools import pairwise

import pytest
import tiny_parser
from round_folders import Reply, rejection, round_, run, seed, store, task

from selfinstruct.pages.figures import (
    demonstrations,
    depth,
    finish,
    funnel,
    latency,
    lengths,
    novelty,
    of_run,
    rounds,
    saturation,
    scores,
    seeds,
    spending,
    topics,
    training,
    verbs,
    yields,
)
from selfinstruct.pages.figures.labels import plural, short
from selfinstruct.request import Completion
from selfinstruct.storage.folder import store_config
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Instance

SIMILARITY = {"_target_": "selfinstruct.filters.similarity.Similarity", "threshold": 0.7}
RECIPE = {
    "grow": {"until": 9, "saturation": {"rounds": 2, "kept_share": 0.1}, "filters": {"similarity": SIMILARITY}},
    "ask": {},
}


def rows_of(figure):
    assert figure is not None
    return [list(row) for row in figure.rows]


def test_the_funnel_counts_what_was_kept_and_what_each_filter_rejected(tmp_path):
    read = run(
        tmp_path,
        [
            round_(1, [task(1), task(2)], [rejection("length"), rejection("parse")]),
            round_(2, [task(3)], [rejection("parse")]),
            round_(1, stage="ask", kept=0),
        ],
    )

    assert list(funnel.figure(read).head) == ["stage", "candidates", "kept", "parse", "length"]
    assert rows_of(funnel.figure(read)) == [["grow", 6, 3, 2, 1]]
    assert rows_of(rounds.figure(read)) == [["grow", 1, 1, 2, 1, 1], ["grow", 2, 2, 1, 1, 0]]


def test_many_rounds_share_columns_and_none_is_lost():
    rows = [{"stage": "grow", "round": number, "kept": 1, "rejected/parse": 2} for number in range(1, 10_001)]

    found = rounds.spans_of(rows)

    assert len(found) <= rounds.MOST
    assert [found[0].first, found[-1].last] == [1, 10_000]
    assert all(one.last + 1 == other.first for one, other in pairwise(found))
    assert sum(span.fates["parse"] for span in found) == 20_000


def test_filters_beyond_the_colors_are_pale():
    names = ["kept", *map(str, range(8))]

    assert len({funnel.color(names, name) for name in names}) == 9


def grown(*kept, candidates=10, tokens=1000, dollars=1.0, **fields):
    """Return the rows of a stage that kept so many in its rounds."""
    return [
        {
            "stage": "grow",
            "round": number,
            "asked": 2,
            "kept": count,
            "candidates": candidates,
            "prompt_tokens": tokens,
            "completion_tokens": 0,
            "cost_usd": dollars,
            **fields,
        }
        for number, count in enumerate(kept, 1)
    ]


def test_a_mean_goes_over_the_last_rounds():
    found = yields.windows_of(grown(8, 4, 2), 2)

    assert [(one.requests, one.kept, one.own, one.share) for one in found] == [
        (2, 8, 0.8, 0.8),
        (4, 12, 0.4, 0.6),
        (6, 14, 0.2, 0.3),
    ]
    assert [one.per_tokens for one in found] == [8, 6, 3]
    assert [one.per_dollar for one in found] == [8, 6, 3]


def test_candidates_that_were_left_over_are_not_counted():
    (found,) = yields.windows_of(grown(4, **{"rejected/surplus": 5}), 20)

    assert found.own == 0.8


def test_the_point_of_saturation_is_where_the_share_stays_below_half_of_the_first():
    kept = (8, 8, 2, 2, 8, 8, 3, 2, 2)  # below half also in between

    found = yields.saturation(yields.windows_of(grown(*kept), 2), 2)

    assert found.number == 8


@pytest.mark.parametrize("kept", [(8, 8, 8, 8), (8, 0), (8, 8, 0, 8)], ids=str)
def test_a_stage_is_not_saturated_before_its_share_has_halved_to_the_end(kept):
    assert yields.saturation(yields.windows_of(grown(*kept), 2), 2) is None


def test_the_next_tasks_cost_what_the_last_rounds_did_and_other_stages_on_average():
    rows, other = grown(9, 4, 1), grown(14, tokens=2800, dollars=7.0)
    other[0]["stage"] = "ask"

    found = yields.price_of(rows, [*rows, *other], 2)

    assert (found.requests, found.candidates) == (800, 4000)  # 4 requests and 20 candidates for 5
    assert found.tokens == 1000 * (2000 / 5 + 2800 / 14)
    assert found.dollars == 1000 * (2 / 5 + 7 / 14)


def test_what_is_not_known_of_the_next_tasks_is_none():
    rows = grown(9, 4, dollars=None)

    assert yields.price_of(rows, rows, 2).dollars is None
    assert yields.price_of(rows, rows, 2).tokens is not None
    assert yields.price_of(grown(9, 0), grown(9, 0), 1) is None


def test_the_figure_of_saturation_says_where_it_is_and_what_more_costs(tmp_path):
    made = [round_(1, [task(number) for number in range(8)])]
    made += [round_(number, [task(10 * number)], [rejection("parse")] * 7) for number in (2, 3, 4)]

    found = saturation.figure(run(tmp_path, made, recipe=RECIPE))

    assert [row[0] for row in found.rows] == ["1", "2", "3", "4", "saturation", "next 1,000 tasks"]
    assert found.rows[4][:5] == ["saturation", 3, 10, 12.5, 12.5]
    assert found.rows[5][:3] == ["next 1,000 tasks", 1004, 1011]
    assert found.rows[5][-2:] == [110_000, 500.0]
    assert "when 9 are kept or when 2 rounds keep at most 10%" in found.caption
    assert "saturated from request 3 on" in found.caption
    assert "1,000 requests" in found.caption
    assert "110,000 tokens and $500.00" in found.caption
    assert "as many as in the last 2 rounds" in found.caption


def test_the_figure_of_saturation_names_only_rounds_that_there_are(tmp_path):
    found = saturation.figure(run(tmp_path, [round_(1, [task(1)])], recipe=RECIPE))

    assert "as many as in its only round" in found.caption


def test_a_run_without_prices_has_no_dollars(tmp_path):
    found = saturation.figure(run(tmp_path, [round_(1, [task(1)], cost_usd=None)]))

    assert [found.rows[0][6], found.rows[-1][-1]] == [None, None]
    assert "an unknown number of dollars" in found.caption


def test_a_score_at_the_threshold_is_on_the_side_that_passes():
    found = novelty.histogram([0.7, 0.7000000000000001, 0.0, 1.0])

    assert [place for place, count in enumerate(found) if count] == [0, 27, 28, 39]


def test_novelty_is_measured_to_the_nearest_task_and_to_the_nearest_seed(tmp_path):
    kept = [task(1, "a b c d", most_similar=(("seed_1", 0.5), ("seed_2", 0.2)))]
    near = [rejection("similarity", "a b c e f", nearest=("grow_1", 0.8)), rejection("length", "b")]

    found = novelty.scores_of(run(tmp_path, [round_(1, kept, near)], [seed(1, "a b c e"), seed(2, "z")]))

    values = {(one.of, one.to): one.values for one in found}
    assert values[novelty.KEPT, "task"] == [0.5]
    assert values[novelty.REJECTED, "task"] == [0.8]
    assert values[novelty.KEPT, "seed"] == [0.75]
    assert values[novelty.REJECTED, "seed"] == [pytest.approx(8 / 9)]


def test_novelty_that_no_filter_stored_is_measured(tmp_path):
    found = novelty.scores_of(run(tmp_path, [round_(1, [task(1, "a b c d"), task(2, "a b c e")])], [seed(1, "z")]))

    assert found[0].values == [0.75, 0.75]


def test_the_threshold_is_that_of_the_run(tmp_path):
    assert novelty.threshold_of(run(tmp_path / "a", [round_(1, [task(1)])], recipe=RECIPE)) == 0.7
    assert novelty.threshold_of(run(tmp_path / "b", [round_(1, [task(1)])])) is None


def test_lengths_are_words_of_what_was_made(tmp_path):
    made = task(1, "Find 你好 now.", instances=(Instance("", "one two three"), Instance(" one ", "one")))

    found = lengths.figure(run(tmp_path, [round_(1, [made])], [seed(1)]))

    assert [row for row in rows_of(found) if row[3]] == [
        ["instruction", 4, 4, 1],
        ["input", 1, 1, 1],
        ["output", 1, 1, 1],
        ["output", 3, 3, 1],
    ]


def test_verbs_come_with_their_most_frequent_nouns():
    pairs = {("write", "story"): 5, ("write", "poem"): 4, ("find", "sum"): 9, ("write", "ode"): 1, ("tell", "joke"): 1}

    assert verbs.most_frequent(pairs, 1) == {"write": {"story": 5, "poem": 4}, "find": {"sum": 9}}


def test_verbs_and_nouns_are_limited():
    pairs = {(f"v{verb}", f"n{noun}"): 100 - verb - noun for verb in range(30) for noun in range(9)}

    found = verbs.most_frequent(pairs, 0)

    assert list(found) == [f"v{verb}" for verb in range(20)]
    assert list(found["v0"]) == ["n0", "n1", "n2", "n3"]


FAMILY = [
    task(1, "a b c d", "seed_1", "seed_2"),
    task(2, "a b z", "seed_1", "grow_1"),
    task(3, "a", "grow_1"),
]


def test_a_spacy_model_that_a_stranger_names_is_not_loaded(tmp_path):
    pytest.importorskip("spacy")
    model = tiny_parser.save(tmp_path / "model")
    own, other = tmp_path / "own", tmp_path / "other"
    for folder, is_own in ((own, True), (other, False)):
        run(folder, [round_(1, [task(1, "Wrote poems about rain.")])])
        store_config(folder, {"recipe": {}, "random_seed": 1, "spacy_model": model}, [], is_own=is_own)

    found = [verbs.figure(RunReader(folder)) for folder in (own, other)]

    assert rows_of(found[0]) == [["write", "poem", 1]]
    assert rows_of(found[1]) == [["wrote", "poem", 1]]
    assert "a rule for English" in found[1].caption


SEEDS = [seed(1, "a b c d e"), seed(2, "x"), seed(3, "y z")]


def test_depth_is_one_more_than_that_of_the_deepest_parent(tmp_path):
    found = depth.figure(run(tmp_path, [round_(1, FAMILY)], SEEDS))

    assert rows_of(found) == [[0, 0, 3, 2.67, 0.0], [1, 1, 1, 4, 0.8889], [2, 2, 2, 2, 0.4167]]


def test_many_depths_share_steps():
    pool = [seed(0), *(task(number, "a", f"grow_{number - 1}") for number in range(1, 1001))]

    found = depth.steps_of(pool, depth.depths_of(pool))

    assert len(found) <= depth.STEPS + 1
    assert [(step.first, step.last) for step in found][:2] == [(0, 0), (1, 25)]
    assert sum(step.tasks for step in found) == 1001


def test_seeds_are_ranked_by_their_descendants(tmp_path):
    found = seeds.figure(run(tmp_path, [round_(1, FAMILY)], SEEDS))

    assert rows_of(found) == [
        ["seed_1", "a b c d e", 2, 3],
        ["seed_2", "x", 1, 3],
        ["seed_3", "y z", 0, 0],
    ]


def test_the_mix_of_demonstrations_is_that_of_the_prompts(tmp_path):
    replies = [
        Reply(request="grow/1/1", parents=("seed_1", "seed_2")),
        Reply(request="grow/2/1", parents=("seed_1", "grow_1")),
        Reply(request="grow/3/1", parents=("seed_1",)),  # never committed
        Reply(request="ask/1/1"),
    ]
    committed = [round_(1, FAMILY), round_(2, [task(4)]), round_(1, stage="ask")]

    found = demonstrations.figure(run(tmp_path, committed, SEEDS, replies=replies))

    assert rows_of(found) == [["grow", 1, 1, 1, 2, 0], ["grow", 2, 2, 1, 1, 1]]


def test_without_a_store_the_mix_is_that_of_the_prompts_of_which_a_task_was_kept(tmp_path):
    found = demonstrations.figure(run(tmp_path, [round_(1, FAMILY)], SEEDS))

    assert rows_of(found) == [["grow", 1, 1, 3, 3, 2]]
    assert "Only prompts of which a task was kept" in found.caption


def used(*completions, stage="grow"):
    return [
        Reply(request=f"{stage}/1/{number}", completion=completion) for number, completion in enumerate(completions)
    ]


def test_tokens_and_dollars_are_added_by_stage_and_model(tmp_path):
    full = Completion("x", prompt_tokens=10, completion_tokens=5, cost_usd=0.25, model="m")
    replies = [*used(full, full), *used(Completion("x", prompt_tokens=3, completion_tokens=1, model="n"), stage="ask")]

    found = spending.figure(run(tmp_path, [round_(1), round_(1, stage="ask")], replies=replies))

    assert rows_of(found) == [["grow", "m", 2, 20, 10, 0.5], ["ask", "n", 1, 3, 1, None]]
    assert "1 of 2 are unknown; set model.price" in found.caption


def test_a_model_in_a_folder_is_named_without_the_folders_of_a_machine(tmp_path):
    replies = used(Completion("x", finish_reason="stop", model="/home/bob/models/small"))
    read = run(tmp_path, [round_(1)], replies=replies)

    assert rows_of(spending.figure(read))[0][1] == "small"
    assert rows_of(finish.figure(read))[0][1] == "small"


def test_without_a_store_tokens_are_those_of_the_rounds(tmp_path):
    found = spending.figure(run(tmp_path, [round_(1), round_(2, cost_usd=None)]))

    assert rows_of(found) == [["grow", "unknown", 2, 200, 20, None]]


def test_latency_is_the_median_and_the_95th_percentile(tmp_path):
    replies = used(*(Completion("x", seconds=second, model="m") for second in range(1, 101)))

    found = latency.figure(run(tmp_path, [round_(1)], replies=replies))

    assert rows_of(found) == [["grow", "m", 100, 50, 95]]
    assert latency.percentile([7.0], 95) == 7.0


def test_finish_reasons_are_in_the_words_of_the_provider(tmp_path):
    replies = used(*(Completion("x", finish, model="m") for finish in ("stop", "length", "stop", "MAX_TOKENS", "")))

    found = finish.figure(run(tmp_path, [round_(1)], replies=replies))

    assert rows_of(found) == [
        ["grow", "m", "stop", "ended", 2],
        ["grow", "m", "length", "cut off", 1],
        ["grow", "m", "MAX_TOKENS", "cut off", 1],
        ["grow", "m", "unknown", "unknown", 1],
    ]


def test_training_curves_leave_out_what_is_no_step(tmp_path):
    lines = [{"step": 1, "loss": 2.0}, {"step": 2, "validation_loss": 1.5}, {"loss": 1}, [], {"step": 3, "loss": "x"}]
    read = run(tmp_path, [round_(1)])
    (tmp_path / "training.jsonl").write_text("\n".join(map(json.dumps, lines)) + '\n{"step": 4, "lo')

    found = rows_of(training.figure(read))

    assert [row[:5] for row in found] == [[1, None, None, 2, None], [2, None, None, None, 1.5], [3, *[None] * 4]]


def test_rewards_of_pairs_are_columns_of_the_training_and_a_panel(tmp_path):
    steps = [{"step": 1, "loss": 0.7, "reward_accuracy": 0.5}, {"step": 2, "validation_reward_accuracy": 1.0}]
    read = run(tmp_path, [round_(1)])
    (tmp_path / "training.jsonl").write_text("".join(json.dumps(step) + "\n" for step in steps))

    found = training.figure(read)

    assert found.head[-2:] == ["reward accuracy", "validation reward accuracy"]
    assert [row[-2:] for row in rows_of(found)] == [[0.5, None], [None, 1.0]]


def test_many_steps_of_a_training_are_thinned_but_for_validations():
    steps = [{"step": step, "loss": 1.0} for step in range(1, 10_002)]
    steps[3]["validation_loss"] = 1.0

    found = training.thinned(steps)

    assert len(found) <= training.POINTS + 2
    assert [found[0]["step"], found[-1]["step"]] == [4, 10_001]


def test_scores_have_intervals_and_roles(tmp_path):
    read = run(tmp_path, [round_(1)])
    line = {"level": "all", "name": "all", "items": 9, "figures": {"rouge_l": {"value": 0.5, "low": 0.4, "high": 0.6}}}
    single = {**line, "level": "task", "name": "task_1"}
    for role in ("tuned", "base"):
        folder = tmp_path / "benchmarks" / f"superni_{role}"
        folder.mkdir(parents=True)
        table = {"models": ["m"], "benchmarks": {"superni": {"lines": [line, single]}}}
        (folder / "scores.json").write_text(json.dumps(table))
    gain = {"benchmark": "superni", "figure": "rouge_l", "items": 9, "gain": 0.1, "low": None, "high": None}
    (tmp_path / "scores.json").write_text(json.dumps({"gains": [gain]}))

    assert rows_of(scores.figure(read)) == [
        ["superni", "gain", "all", "all", 9, "rouge_l", 0.1, None, None],
        ["superni", "base", "all", "all", 9, "rouge_l", 0.5, 0.4, 0.6],
        ["superni", "tuned", "all", "all", 9, "rouge_l", 0.5, 0.4, 0.6],
    ]


def test_scores_without_a_table_are_those_of_the_summary(tmp_path):
    (tmp_path / "summary.json").write_text(json.dumps({"candidates": 0, "scores": {"superni_base": {"rouge_l": 0.5}}}))

    found = scores.figure(run(tmp_path, [round_(1)]))

    assert rows_of(found) == [["superni", "base", "all", "all", None, "rouge_l", 0.5, None, None]]


@pytest.mark.parametrize("text", ["[1, 2]", "{", '{"benchmarks": 3}', '{"gains": [7]}', '{"benchmarks": {"x": {}}}'])
def test_a_file_of_scores_that_cannot_be_read_is_no_score(tmp_path, text):
    (tmp_path / "scores.json").write_text(text)

    assert scores.scores_in(tmp_path) == []


def test_scores_behind_a_link_or_a_pipe_are_passed_over(tmp_path):
    read = run(tmp_path / "run", [round_(1)])
    (tmp_path / "elsewhere").mkdir()
    gain = {"benchmark": "b", "figure": "f", "items": 9, "gain": 0.1, "low": None, "high": None}
    (tmp_path / "elsewhere" / "scores.json").write_text(json.dumps({"gains": [gain]}))
    (read.folder / "benchmarks" / "piped").mkdir(parents=True)
    (read.folder / "benchmarks" / "linked").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(read.folder / "benchmarks" / "piped" / "scores.json")

    assert scores.figure(read) is None


def test_a_folder_without_rounds_has_no_figures(tmp_path):
    (tmp_path / "rounds.jsonl").write_text("")

    assert of_run(RunReader(tmp_path, may_be_empty=True)) == []


def test_a_text_is_cut_to_its_width_whatever_its_script():
    assert short("write a\npoem", 20) == "write a poem"
    assert short("write a poem", 7) == "write …"
    assert short("你好世界", 6) == "你好…"
    assert "\u202e" not in short("a\u202eb", 9)


def test_one_thing_is_no_plural():
    assert [plural(1, "task"), plural(1000, "task")] == ["1 task", "1,000 tasks"]


def test_the_topics_are_those_of_the_plan_with_what_was_kept(tmp_path):
    about = {"attributes": {"topic": "brakes"}}
    recipe = {"grow": {"sampler": {"topics": {"brakes": 1, "gears": 2}, "total": 3}}}
    read = run(tmp_path, [round_(1, [task(1, **about), task(2, **about)])], recipe=recipe)

    assert list(topics.figure(read).head) == ["stage", "topic", "wanted", "kept"]
    assert rows_of(topics.figure(read)) == [["grow", "brakes", 1, 2], ["grow", "gears", 2, 0]]


def test_without_a_plan_there_is_no_figure_of_topics(tmp_path):
    assert topics.figure(run(tmp_path, [round_(1, [task(1)])], recipe=RECIPE)) is None


def test_tokens_that_came_from_a_cache_are_a_column_where_there_are_any(tmp_path):
    took = {"prompt_tokens": 10, "completion_tokens": 5, "cost_usd": 0.25, "model": "m"}
    full, cached = Completion("x", **took), Completion("x", **took, cached_tokens=8)

    found = spending.figure(run(tmp_path, [round_(1)], replies=used(cached, full)))

    assert rows_of(found) == [["grow", "m", 2, 20, 8, 10, 0.5]]
    assert found.head[4] == "of these cached"
    assert "8 tokens of prompts came from the cache" in found.caption


def test_what_an_embedder_took_stands_beside_what_the_replies_did(tmp_path):
    reader = run(tmp_path, [round_(1)], replies=used(Completion("x", prompt_tokens=10, completion_tokens=5, model="m")))
    assert "embedder" not in spending.figure(reader).caption
    (tmp_path / "vectors").mkdir()
    store(tmp_path / "vectors", used(Completion("[1]", prompt_tokens=1200, cost_usd=0.25)))
    (tmp_path / "vectors" / "completions.sqlite").rename(tmp_path / "vectors.sqlite")

    said = spending.figure(reader).caption

    assert said.endswith("An embedder took another 1,200 tokens and 0.25 dollars for 1 text.")
