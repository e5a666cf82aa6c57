import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import commands
import pytest
from rated import SYSTEMS, rate

from selfinstruct.actions.publication.archive import opened
from selfinstruct.errors import ConfigError, RunFolderError, SelfInstructError
from selfinstruct.rating.journal import Journal
from selfinstruct.rating.sheet import key_of, stored

SMALL = ("recipe.instructions.until=12", "trackers=[]")
RUN = {}


@pytest.fixture
def folder(composed, built, tmp_path, tmp_path_factory):
    """A copy of a small run's folder; the run is made once."""
    if not RUN:
        RUN["folder"] = tmp_path_factory.mktemp("rated") / "run"
        built(composed(*SMALL, "actions=[generate]"), RUN["folder"]).execute()
    return shutil.copytree(RUN["folder"], tmp_path / "run")


@pytest.fixture
def rating(composed, built):
    """Write the sheet and the file to mail, and stop."""

    def rating(folder, *words, answers=None):
        config = composed(*SMALL, "actions=[rate]", "rate.mail=true", *words)
        config["rate"]["answers"] = answers
        built(config, folder).execute()

    return rating


def predictions(folder, systems=SYSTEMS, count=4):
    folder.mkdir(exist_ok=True)
    rows = [{"instruction": f"Do {number}.", "input": "", "response": f"said {number}"} for number in range(count)]
    for place, system in enumerate(systems):
        text = "".join(f"{json.dumps(row | {'response': place * 'no ' + row['response']})}\n" for row in rows)
        (folder / f"{system}_predictions.jsonl").write_text(text)
    return {system: str(folder / f"{system}_predictions.jsonl") for system in systems}


def test_tasks_of_a_run_are_checked_beside_controls(rating, folder):
    rating(folder, "protocol=spot_check", "protocol.draws=5", "protocol.controls=2")
    place = folder / "ratings" / "spot_check"
    sheet = stored(place)

    assert key_of(place, sheet)["systems"] == ["run", "controls"]
    assert len(sheet.items) == 7
    assert sheet.sha256 in (place / "rate.html").read_text()


def test_predictions_are_rated_in_a_folder_of_their_own(rating, tmp_path):
    rating(tmp_path / "study", "protocol=user_oriented", answers=predictions(tmp_path / "given"))

    assert [path.name for path in (tmp_path / "study").iterdir()] == ["ratings"]
    assert len(stored(tmp_path / "study" / "ratings" / "user_oriented").items) == 8


def test_answers_of_our_own_run_are_rated_with_its_judge(composed, built, rating, tmp_path):
    script = tmp_path / "replies.jsonl"
    rows = [{"stage": "answers", "text": f"Yes {n}."} for n in range(72)]
    rows += [{"stage": "rating", "text": "Fine.\nB"}] * 72
    script.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    words = ("recipe=user_oriented", "recipe/judge@recipe=rating", "model=scripted", f"model.path={script}")
    built(composed("trackers=[]", *words), tmp_path / "run").execute()
    rating(tmp_path / "run", "protocol=user_oriented", "protocol.draws=10")

    place = tmp_path / "run" / "ratings" / "user_oriented"
    sheet = stored(place)
    assert len(sheet.items) == 10
    assert all(item.texts["reference"] for item in sheet.items)
    assert [source["judges"] for source in key_of(place, sheet)["items"].values()] == [{"scripted": "B"}] * 10


def test_a_sheet_is_made_once(rating, folder):
    words = ("protocol=spot_check", "protocol.draws=5", "protocol.controls=0")
    rating(folder, *words)
    sheet = folder / "ratings" / "spot_check" / "sheet.json"
    before = sheet.read_bytes(), sheet.stat().st_mtime_ns
    rating(folder, *words)

    assert (sheet.read_bytes(), sheet.stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("protocol.draws=6", "questions"),
        ("random_seed=7", r"settings \(random_seed, rate.together\)"),
        ("rate.together=false", r"settings \(random_seed, rate.together\)"),
    ],
)
def test_a_sheet_never_changes(rating, folder, word, what):
    rating(folder, "protocol=spot_check", "protocol.draws=5")

    with pytest.raises(RunFolderError, match=f"was made with other {what}, and never changes"):
        rating(folder, "protocol=spot_check", "protocol.draws=5", word)
    rating(folder, "protocol=spot_check", "protocol.draws=5", word, "rate.name=second")


def test_another_system_needs_another_sheet(rating, tmp_path):
    rating(tmp_path / "study", "protocol=user_oriented", answers=predictions(tmp_path / "given"))

    with pytest.raises(RunFolderError, match="was made with other systems"):
        rating(tmp_path / "study", "protocol=user_oriented", answers=predictions(tmp_path / "given", ("new",)))


def test_a_file_that_came_back_counts(rating, folder):
    rating(folder, "protocol=spot_check", "protocol.draws=5")
    place = folder / "ratings" / "spot_check"
    yes = dict.fromkeys(("instruction", "input", "output"), "yes")
    rate(place, stored(place), "ann", lambda item: yes)
    rating(folder, "protocol=spot_check", "protocol.draws=5")

    assert json.loads((place / "result.json").read_text())["raters"][0]["rated"] == len(stored(place).items)


def test_a_file_of_another_sheet_is_refused(rating, folder):
    for name, word in (("one", "random_seed=1"), ("two", "random_seed=2")):
        rating(folder, "protocol=spot_check", f"rate.name={name}", word)
    one, two = (folder / "ratings" / name for name in ("one", "two"))
    rate(one, stored(one), "ann", lambda item: None)
    shutil.copy(one / "ann.jsonl", two / "ann.jsonl")

    with pytest.raises(RunFolderError, match=r"two/ann\.jsonl:1: these are ratings of another sheet"):
        rating(folder, "protocol=spot_check", "rate.name=two", "random_seed=2")


def test_every_mistake_is_reported_at_once(rating, tmp_path):
    with pytest.raises(ConfigError) as error:
        rating(tmp_path / "x", "rate.name=a/b", "rate.set=no_set", answers={"ours": "nowhere"})

    assert error.value.problems == [
        "rate: choose what is asked: protocol=spot_check, user_oriented or pairwise.",
        "rate.name must have 1 to 40 letters of a to z, digits, _ or - (got 'a/b').",
        "rate.answers.ours: there is no nowhere.",
        "rate.set: there is no no_set.",
    ]
    assert not (tmp_path / "x").exists()


def test_a_folder_without_a_run_has_nothing_to_rate(rating, tmp_path):
    with pytest.raises(SelfInstructError, match="holds no rounds of a run"):
        rating(tmp_path / "empty", "protocol=spot_check")


def test_a_run_is_resumed_beside_its_ratings(composed, built, rating, folder, tmp_path):
    alone = shutil.copytree(folder, tmp_path / "alone")
    rating(folder, "protocol=spot_check", "protocol.draws=5")
    for place in (folder, alone):
        built(composed("trackers=[]", "recipe.instructions.until=16", "actions=[generate]"), place).execute()

    assert (folder / "pool.jsonl").read_bytes() == (alone / "pool.jsonl").read_bytes()
    assert (folder / "ratings" / "spot_check" / "sheet.json").exists()


@pytest.mark.slow
def test_a_capsule_takes_the_sheets_whose_raters_are_done(composed, built, rating, folder, capsys):
    for name in ("done", "begun", "new"):
        rating(folder, "protocol=spot_check", "protocol.draws=3", f"rate.name={name}")
    done, begun = (folder / "ratings" / name for name in ("done", "begun"))
    rate(done, stored(done), "ann", lambda item: None)
    Journal(begun, stored(begun), "ann").append(next(iter(Journal(done, stored(done), "ann").ratings.values())))
    built(composed(*SMALL, "actions=[capsule]"), folder).execute()

    with opened(folder / "capsule.zip"):
        kept = {path.relative_to(folder / "capsule").as_posix() for path in (folder / "capsule/ratings").rglob("*.*")}
    assert kept == {f"ratings/done/{name}" for name in ("sheet.json", "key.json", "ann.jsonl")}
    assert "ratings/begun is left out of the capsule" in capsys.readouterr().out


@contextmanager
def served(folder, *words):
    """The address of a server in a process of its own, and the process."""
    command = [sys.executable, commands.RUN, "actions=[rate]", "rate.port=0", "hydra.run.dir=study", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        try:
            yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+/", line))), process
        finally:
            process.kill()


def rate_one(address):
    """Rate what a rater is shown next, and return its id."""
    page = f"{address}rate/user_oriented?rater=ann"
    with urllib.request.urlopen(page) as answer:
        item = re.search(r'name="item" value="([^"]+)"', answer.read().decode())[1]
    form = f"item={item}&answer-grade=A&action=save".encode()
    urllib.request.urlopen(urllib.request.Request(page, form, {"Origin": address.rstrip("/")})).close()
    return item


@pytest.mark.slow
def test_ratings_outlive_a_server_that_is_killed(tmp_path):
    given = predictions(tmp_path / "given", count=1)
    answers = f"rate.answers={{{', '.join(f'{name}: {path}' for name, path in given.items())}}}"
    words = ("protocol=user_oriented", "protocol.practice=[]", answers)
    with served(tmp_path, *words) as (address, process):
        seen = [rate_one(address)]
        process.send_signal(signal.SIGKILL)
    with served(tmp_path, *words) as (address, process):
        seen.append(rate_one(address))
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
        assert process.wait() == 0

    place = tmp_path / "study/ratings/user_oriented"
    assert [json.loads(line)["item"] for line in (place / "ann.jsonl").read_text().splitlines()] == seen
    assert len(set(seen)) == 2
    assert "The result: study/ratings/user_oriented/result.md" in said
    assert json.loads((place / "result.json").read_text())["raters"][0]["is_done"]
