import json
import zipfile
from types import SimpleNamespace

import pytest

from selfinstruct.actions.export import Export
from selfinstruct.errors import RunFolderError, UnwritableError
from selfinstruct.formats.preference import Preference
from selfinstruct.pool import Pool

EXPORT = Export(title=None, languages=["en"], license=None, seeds_license=None)


class Plain:
    def files(self, pool, random_seed):
        yield "plain.jsonl", ({"instruction": task.instruction, "seed": random_seed} for task in pool)


class Failing:
    def files(self, pool, random_seed):
        def rows():
            yield {"a": 1}
            raise OSError("disk full")

        yield "plain.jsonl", rows()


@pytest.fixture
def pool(pool, task):
    """Ten seeds and a task that a model made."""
    pool.add(task(10, origin="grow", models={"grow": "openai/m"}))
    return pool


def run_of(tmp_path, pool, **formats):
    config = {"recipe": {"grow": {}}, "seeds": {"path": "mine.jsonl"}}
    start = SimpleNamespace(folder=tmp_path, recipe="self_instruct", declared=config, config=config, citation="")
    journal = SimpleNamespace(rounds=[], of=lambda name: [])
    values = {"journal": journal, "recipe": {"grow": None}, "random_seed": 3, "stopped": None}
    return SimpleNamespace(start=start, pool=pool, formats=formats, actions={}, scores={}, **values)


def test_writes_every_format_and_a_card(tmp_path, pool):
    EXPORT(run_of(tmp_path, pool, plain=Plain()))

    rows = [json.loads(line) for line in (tmp_path / "dataset/plain.jsonl").read_text().splitlines()]
    assert rows[0] == {"instruction": "Explain thing number 0 in plain words.", "seed": 3}
    assert len(rows) == 11
    assert "| `plain.jsonl` | 11 |" in (tmp_path / "dataset/README.md").read_text()


def test_the_card_names_who_wrote_the_tasks_whatever_model_is_configured_now(tmp_path, pool, task):
    EXPORT(run_of(tmp_path, pool, plain=Plain()))
    card = (tmp_path / "dataset/README.md").read_text()
    assert "# self\\_instruct by openai/m\n" in card
    assert "offline" not in card

    pool.add(task(11, origin="grow", models={"grow": "offline"}))
    EXPORT(run_of(tmp_path, pool, plain=Plain()))
    card = (tmp_path / "dataset/README.md").read_text()
    assert "# self\\_instruct by openai/m, offline\n" in card
    assert "not a language model's work" in card


def test_nothing_is_exported_before_something_is_made(tmp_path, task):
    with pytest.raises(RunFolderError, match="holds no tasks to export"):
        EXPORT(run_of(tmp_path, Pool([task(0)]), plain=Plain()))


def test_an_export_that_is_cut_short_leaves_the_old_file_whole(tmp_path, pool):
    EXPORT(run_of(tmp_path, pool, plain=Plain()))
    before = (tmp_path / "dataset/plain.jsonl").read_bytes()

    with pytest.raises(UnwritableError, match="disk full"):
        EXPORT(run_of(tmp_path, pool, plain=Failing()))

    assert (tmp_path / "dataset/plain.jsonl").read_bytes() == before


def test_a_run_without_formats_has_nothing_to_export(tmp_path, pool):
    assert EXPORT.problems(run_of(tmp_path, pool, plain=Plain())) == []
    assert "formats" in EXPORT.problems(run_of(tmp_path, pool))[0]


def test_a_file_in_the_place_of_the_dataset_is_reported_before_anything_is_spent(tmp_path, pool):
    (tmp_path / "dataset").write_text("mine")

    assert "dataset is a link or a file" in EXPORT.problems(run_of(tmp_path, pool, plain=Plain()))[0]


class Named:
    """A format of somebody's own."""

    def __init__(self, *names):
        self.names = names

    def files(self, pool, random_seed):
        for name in self.names:
            yield name, iter([{"a": 1}])


@pytest.mark.parametrize(
    "name", ["../evil.jsonl", "/tmp/evil.jsonl", "a/b.jsonl", ".jsonl", "README.md", "a\\b.jsonl", "x\0.jsonl", ""]
)
def test_a_format_can_only_name_a_file_of_the_dataset(name, tmp_path, pool):
    (tmp_path / "run").mkdir()
    with pytest.raises(RunFolderError, match=r"formats\.mine: .* is not the name of a JSONL or zip file"):
        EXPORT(run_of(tmp_path / "run", pool, mine=Named(name)))

    assert [path.name for path in tmp_path.rglob("*")] == ["run", "dataset"]


def test_a_file_without_rows_is_a_warning(tmp_path, pool, caplog):
    EXPORT(run_of(tmp_path, pool, preference=Preference(include_seeds=False, messages=True, operations={})))

    assert "dataset/preference.jsonl has no rows: this run has made nothing that formats.preference" in caplog.text


def test_two_formats_cannot_write_the_same_file(tmp_path, pool):
    with pytest.raises(RunFolderError, match=r"formats.b: 'x.jsonl' is another format's"):
        EXPORT(run_of(tmp_path, pool, a=Named("x.jsonl"), b=Named("x.jsonl")))


def test_no_link_leads_an_export_out_of_the_run_folder(tmp_path, pool):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine")
    run = tmp_path / "run"
    (run / "dataset").mkdir(parents=True)
    for name in ("plain.jsonl", "plain.jsonl.part", "README.md", "README.md.part"):
        (run / "dataset" / name).symlink_to(outside / "file")

    EXPORT(run_of(run, pool, plain=Plain()))

    assert (outside / "file").read_text() == "mine"
    assert not (run / "dataset/plain.jsonl").is_symlink()

    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "dataset").symlink_to(outside)
    with pytest.raises(RunFolderError, match="is a link or a file"):
        EXPORT(run_of(linked, pool, plain=Plain()))
    assert [path.name for path in outside.iterdir()] == ["file"]


def test_the_name_of_a_model_is_text_in_the_card(tmp_path, pool, task):
    hostile = "m](http://x)\n# <script>alert(1)</script> `x` |a| ![x](y)\x1b[31m"
    pool.add(task(11, origin="grow", models={"grow": hostile}))

    EXPORT(run_of(tmp_path, pool, plain=Plain()))

    lines = (tmp_path / "dataset/README.md").read_text().splitlines()
    title = next(line for line in lines if line.startswith("# "))
    assert title.endswith(r"m\](http\://x) \# \<script\>alert(1)\</script\> \`x\` \|a\| !\[x\](y) \[31m")


def test_ids_and_texts_are_only_data(tmp_path, pool, task):
    hostile = [
        "../../evil",
        "$(id)",
        "<script>",
        "{{ 7 * 7 }}",
        "{% x %}",
        "a\0b",
        "\x1b[2J\r",
        "x" * 100_000,
        "\u2028",
    ]
    for number, text in enumerate(hostile, 100):
        pool.add(task(number, id=text, origin="grow", models={"grow": "m"}, instruction=f"{number} {text}"))

    EXPORT(run_of(tmp_path, pool, plain=Plain()))

    rows = [json.loads(line) for line in (tmp_path / "dataset/plain.jsonl").read_bytes().split(b"\n")[:-1]]
    assert [row["instruction"].split(" ", 1)[1] for row in rows[-len(hostile) :]] == hostile
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["README.md", "dataset", "plain.jsonl"]


def test_the_card_calls_no_seed_human_that_a_model_or_nobody_knows_who_wrote(tmp_path, pool, task):
    pool.add(task(11, models={"seeds/grow": "offline"}))
    pool.add(task(12, models={"seeds": "unknown"}))

    EXPORT(run_of(tmp_path, pool, plain=Plain()))

    card = (tmp_path / "dataset/README.md").read_text()
    assert "Starting from 12 seed tasks (10 by people, 1 by offline, 1 by an unknown author), we grew 1 task" in card
    assert "not a language model's work" in card


def test_seeds_that_a_model_wrote_are_nothing_that_was_made_here(tmp_path, task):
    with pytest.raises(RunFolderError, match="holds no tasks to export"):
        EXPORT(run_of(tmp_path, Pool([task(0, models={"seeds": "m"})]), plain=Plain()))


class Apart:
    """A format with a file a row."""

    def files(self, pool, random_seed):
        yield "apart.zip", ({"id": task.id} for task in pool)


def test_a_format_may_have_a_file_a_row_in_a_zip(tmp_path, pool, task):
    pool.add(task(11, id="../../evil", origin="grow", models={"grow": "m"}))

    EXPORT(run_of(tmp_path, pool, apart=Apart()))

    with zipfile.ZipFile(tmp_path / "dataset/apart.zip") as archive:
        names = archive.namelist()
        assert (names[0], names[-1], len(names)) == ("tasks/task000001.json", "tasks/task000012.json", 12)
        assert json.loads(archive.read(names[-1])) == {"id": "../../evil"}
    assert "| `apart.zip` | 12 |" in (tmp_path / "dataset/README.md").read_text()


def test_a_zip_is_the_same_bytes_every_time(tmp_path, pool):
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        EXPORT(run_of(tmp_path / name, pool, apart=Apart()))
        found.append((tmp_path / name / "dataset/apart.zip").read_bytes())

    assert found[0] == found[1]


def test_what_only_the_author_knows_stands_in_the_card(tmp_path, pool):
    known = Export(title="My tasks", languages=["de"], license="cc-by-4.0", seeds_license="MIT")
    known(run_of(tmp_path, pool, plain=Plain()))
    card = (tmp_path / "dataset/README.md").read_text()

    assert "pretty_name: My tasks\nlanguage:\n- de\nlicense: cc-by-4.0\n" in card
    assert "- License of the dataset: cc-by-4.0." in card
    assert "- License of the seeds: MIT" in card


def test_the_card_speaks_of_no_capsule_where_there_is_not(tmp_path, pool):
    EXPORT(run_of(tmp_path, pool, plain=Plain()))
    card = (tmp_path / "dataset/README.md").read_text()

    assert "capsule" not in card
    assert "replies are published" not in card
    assert "`../config.json` has every setting" in card
