import json
import zipfile

import pytest

from selfinstruct.errors import ConfigError, DataError, RunFolderError, SelfInstructError

pytestmark = pytest.mark.slow

COMMON = ("recipe=convert", "trackers=[]", "formats=[self_instruct]", "actions=[generate]")
FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl")


@pytest.fixture
def data(tmp_path):
    """A folder of two tasks: thirty rows, and seven."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, count in (("a", 30), ("b", 7)):
        lines = [
            f'{name} topic,"{name} remark {number % 25}",{"yes" if number % 2 else "no"}' for number in range(count)
        ]
        (folder / f"{name}.csv").write_text("\n".join(["topic,remark,liked", *lines, ""]))
    return folder


@pytest.fixture
def run(tmp_path, data, composed, built):
    def make(*overrides, name="run"):
        path = f"recipe.conversion.source.path={data}"
        return built(composed(*COMMON, path, "recipe.conversion.rows_per_round=10", *overrides), tmp_path / name)

    return make


def rows(folder, name):
    return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def test_every_row_is_a_task_or_a_rejection(run, tmp_path):
    run().execute()
    rounds = rows(tmp_path / "run", "rounds.jsonl")

    assert [row["candidates"] for row in rounds] == [10, 10, 10, 7]
    assert [row.get("ended") for row in rounds] == [None, None, None, "every row is read"]
    assert [row["id"] for row in rows(tmp_path / "run", "pool.jsonl")] == [f"conversion_{n}" for n in range(1, 38)]
    first = rows(tmp_path / "run", "pool.jsonl")[0]
    assert (first["origin"], first["attributes"], first["models"]) == ("conversion", {"row": "a.csv:2"}, {})


def test_the_tasks_stay_on_disk_and_the_summary_says_that_no_model_wrote_them(run, tmp_path):
    made = run("actions=[generate,export]")
    made.execute()
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())

    assert made.pool.is_shelved
    assert len(made.pool) == len(list(made.pool)) == 37
    assert (summary["models"], summary["offline"], summary["tasks"]["made"]) == ([], False, 37)
    assert summary["tasks"]["seeds"] == 0
    assert "No model wrote any of this" in (tmp_path / "run" / "dataset" / "README.md").read_text()


def test_the_choice_of_a_phrasing_does_not_depend_on_what_else_is_read(run, tmp_path, data):
    run(name="both").execute()
    (data / "a.csv").unlink()
    run(name="one").execute()

    both, one = (rows(tmp_path / name, "pool.jsonl") for name in ("both", "one"))
    assert [(row["instruction"], row["instances"]) for row in both[30:]] == [
        (row["instruction"], row["instances"]) for row in one
    ]
    assert len({row["instruction"].replace(row["attributes"]["row"], "") for row in both}) > 10


@pytest.mark.parametrize("place", range(4))
def test_a_run_cut_off_after_any_round_goes_on_to_the_same_bytes(place, run, tmp_path):
    extra = (
        "recipe.conversion.unique=true",
        "recipe.conversion.most_per_task=20",
        "+filters@recipe.conversion.filters=similarity",
    )
    run(*extra, name="whole").execute()
    run(*extra, name="cut").execute()
    lines = (tmp_path / "cut" / "rounds.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "cut" / "rounds.jsonl").write_text("".join(lines[:place]))

    run(*extra, name="cut").execute()

    for name in FILES:
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_run_that_has_ended_does_nothing_more(run, tmp_path, data):
    run().execute()
    before = (tmp_path / "run" / "rounds.jsonl").read_bytes()
    (data / "b.csv").write_text("topic,remark,liked\nx,y,yes\n")

    run().execute()

    assert (tmp_path / "run" / "rounds.jsonl").read_bytes() == before


def test_a_source_that_has_changed_is_refused_and_nothing_is_written(run, tmp_path, data):
    run().execute()
    lines = (tmp_path / "run" / "rounds.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "run" / "rounds.jsonl").write_text(lines[0])
    (data / "b.csv").write_text("topic,remark,liked\nx,y,yes\n")

    with pytest.raises(RunFolderError, match="its files have changed"):
        run().execute()

    assert (tmp_path / "run" / "rounds.jsonl").read_text() == lines[0]


def test_a_cap_draws_so_many_rows_of_each_task(run, tmp_path):
    run("recipe.conversion.most_per_task=5").execute()
    kept = [row["attributes"]["row"].split(":")[0] for row in rows(tmp_path / "run", "pool.jsonl")]
    rejected = rows(tmp_path / "run", "rejected.jsonl")

    assert (kept.count("a.csv"), kept.count("b.csv")) == (5, 5)
    assert {row["filter"] for row in rejected} == {"cap"}
    assert rejected[0]["reason"] == "not drawn: 5 rows of a are used"
    assert [row["attributes"]["row"] for row in rows(tmp_path / "run", "pool.jsonl")][:5] != [
        f"a.csv:{n}" for n in range(2, 7)
    ]


def test_a_row_that_says_what_an_earlier_one_of_its_task_says_may_be_rejected(run, tmp_path):
    run("recipe.conversion.unique=true").execute()

    assert [row["task"] for row in rows(tmp_path / "run", "rejected.jsonl") if row["filter"] == "duplicate"] == []
    (tmp_path / "data" / "b.csv").write_text("topic,remark,liked\nx,y,yes\nx,z,yes\nx,y,yes\n")
    run("recipe.conversion.unique=true", name="again").execute()
    (rejection,) = rows(tmp_path / "again", "rejected.jsonl")
    assert (rejection["filter"], rejection["task"]) == ("duplicate", "b.csv:4")


def test_all_mistakes_of_all_files_are_told_before_anything_is_written(run, tmp_path, data):
    (data / "a.csv").write_text("topic,liked\nx,yes\nx,no\n")
    with (data / "b.csv").open("a") as file:
        file.write("half a row")

    with pytest.raises(ConfigError) as message:
        run().execute()

    assert message.value.problems == [
        "a.csv:2: column 'remark' is missing in 2 rows; there are: topic, liked.",
        f"{data}/b.csv:9: has 1 fields, the header 3; the file ends within this line.",
    ]
    assert not (tmp_path / "run").exists()


def test_of_very_many_mistakes_the_first_are_told(run, data):
    (data / "a.csv").write_text("topic,remark,liked\n" + "x\n" * 300)

    with pytest.raises(ConfigError) as message:
        run().execute()

    assert len(message.value.problems) == 6
    assert message.value.problems[-1] == "a.csv: 295 more mistakes like these."


def test_an_odd_file_of_a_folder_hides_no_mistake_of_the_others(run, data):
    (data / "a.csv").write_text("topic,remark,liked\n" + "x\n" * 300)
    (data / "b.csv").write_bytes(b"\x80\n" * 300)
    (data / "c.csv").write_text("topic,liked\nx,yes\n")

    with pytest.raises(ConfigError) as message:
        run().execute()

    shown = "\n".join(message.value.problems)
    assert len(message.value.problems) <= 20
    assert [
        name for name in ("a.csv: 295 more", "b.csv:1: byte 0x80", "c.csv:2: column 'remark'") if name not in shown
    ] == []


def test_a_tab_may_be_typed_on_the_command_line(tmp_path, composed, built):
    (tmp_path / "a.tsv").write_text("topic\tremark\tliked\nfood\tGood, it is.\tyes\n")
    words = [f"recipe.conversion.source.path={tmp_path / 'a.tsv'}", 'recipe.conversion.source.delimiter="\\t"']
    built(composed(*COMMON, *words), tmp_path / "run").execute()

    assert len(rows(tmp_path / "run", "pool.jsonl")) == 1


def test_classes_of_a_dataset_are_their_names_and_a_row_without_a_label_is_rejected(tmp_path, composed, built):
    import datasets

    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )
    table = {"text": ["Awful.", "Fine.", "Who knows?"], "label": [0, 1, -1]}
    datasets.Dataset.from_dict(table, features=features).save_to_disk(tmp_path / "data")
    source = ("source=hugging_face", f"recipe.conversion.source.path={tmp_path / 'data'}")
    built(composed(*COMMON, *source), tmp_path / "run").execute()

    kept = rows(tmp_path / "run", "pool.jsonl")
    (rejection,) = rows(tmp_path / "run", "rejected.jsonl")
    assert [row["instances"][0]["output"] for row in kept] == ["bad", "good"]
    assert [row["is_classification"] for row in kept] == [True, True]
    assert (rejection["filter"], rejection["reason"]) == ("answer", "label is -1: the row has no label")


def test_a_source_that_is_not_there_is_told(run):
    with pytest.raises(ConfigError, match="cannot be read"):
        run("recipe.conversion.source.path=nowhere").execute()


def test_a_file_that_breaks_while_it_is_read_stops_the_run(run, data, tmp_path):
    made = run()
    assert made.recipe["conversion"].problems() == []
    made.actions.clear()
    made.execute()
    (data / "b.csv").write_text("topic,remark,liked\nx\n")
    rounds = made.recipe["conversion"].rounds(setting(made))

    with pytest.raises(DataError, match=r"b\.csv:2"):
        list(rounds)


def setting(run):
    from selfinstruct.budget import UNLIMITED, BudgetTracker
    from selfinstruct.pool import Pool
    from selfinstruct.recipe import NullModel, StageContext

    return StageContext(
        name="x", pool=Pool(), model=NullModel(), budget=BudgetTracker(UNLIMITED), random_seed=1, logged_rounds=[]
    )


def test_a_run_that_keeps_nothing_says_why(run):
    with pytest.raises(SelfInstructError, match=r"kept nothing\. Most candidates were rejected by 'length'"):
        run("recipe.conversion.filters.length.min_words=900").execute()


def test_at_least_one_phrasing_must_be_on(run):
    off = [f"recipe.conversion.phrasings.{name}=null" for name in ("plain", "topic", "choose", "question", "sentence")]

    with pytest.raises(ConfigError, match="at least one phrasing"):
        run(*off)


def test_no_model_is_asked_whichever_is_chosen(run, tmp_path):
    run("model=openai", "budget.usd=1").execute()

    assert len(rows(tmp_path / "run", "pool.jsonl")) == 37


def test_nobody_is_never_asked():
    from selfinstruct.recipe import NullModel

    assert NullModel().pricing() is None
    with pytest.raises(RuntimeError, match="asks no model"):
        NullModel().complete([])


@pytest.mark.parametrize("action", ["capsule", "refilter"])
def test_what_works_on_replies_says_that_there_are_none(action, run):
    with pytest.raises(ConfigError, match=f"{action}: recipe=.* asks no model"):
        run(f"actions=[{action}]").execute()


def test_a_plan_says_that_there_is_nothing_to_plan(run, capsys):
    run("actions=[plan]").execute()

    assert "asks no model: it costs nothing" in capsys.readouterr().out


def test_a_task_tells_its_row(run, capsys):
    run().execute()
    run("actions=[explain]", "explain.id=conversion_3").execute()

    assert "from the annotated row a.csv:4; no model wrote it." in capsys.readouterr().out


def test_beside_a_stage_that_asks_its_tasks_are_in_the_pool(run, composed, tmp_path, data):
    from selfinstruct.recipe import asking

    made = run()
    assert asking(made.recipe) == {}
    assert list(made.recipe["conversion"].rounds(setting(made)))[-1].pool == 37


def test_a_source_without_rows_is_told_before_anything_is_written(run, tmp_path, data):
    for path in data.iterdir():
        path.write_text("topic,remark,liked\n")

    with pytest.raises(ConfigError, match="its source holds no rows"):
        run().execute()
    assert not (tmp_path / "run" / "pool.jsonl").exists()


def test_what_cannot_be_read_hides_no_mistake_of_another_file(run, tmp_path):
    with zipfile.ZipFile(path := tmp_path / "data.zip", "w") as archive:
        archive.writestr("a.csv", "topic,remark,liked\n" + "x,y,yes\n" * 9)
        archive.writestr("b.csv", "topic,remark,liked\nx\n")
    path.write_bytes(path.read_bytes().replace(b"x,y,yes", b"x,y,not", 1))

    assert run(f"recipe.conversion.source.path={path}").recipe["conversion"].problems() == [
        f"{path}/a.csv: cannot be read (Bad CRC-32 for file 'a.csv').",
        f"{path}/b.csv:2: has 1 fields, the header 3.",
    ]


def test_a_column_of_choices_is_shown_where_the_answers_have_no_names(run, tmp_path, data):
    (data / "b.csv").unlink()
    (data / "a.csv").write_text("choices,liked\nred or blue,red\n")
    phrasing = (
        '+recipe.conversion.phrasings.mine={instruction: "Which: {{ choices }}", input: "", output: "{{ answer }}"}'
    )
    others = [
        f"recipe.conversion.phrasings.{name}=null" for name in ("plain", "topic", "choose", "question", "sentence")
    ]
    run(phrasing, *others, "~recipe.conversion.answer.names").execute()

    assert rows(tmp_path / "run", "pool.jsonl")[0]["instruction"] == "Which: red or blue"
