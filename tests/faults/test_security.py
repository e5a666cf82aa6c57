"""What a config, a folder or a reply of somebody else cannot do: run code, publish a secret, write elsewhere."""

import json
import os

import commands
import pytest

from selfinstruct.cli.hints import CONF
from selfinstruct.text.terminal import printable

KEY = "sk-" + "test0123456789abcdef"
QUICK = ("recipe.instructions.until=1", "trackers=[console]", "hydra.run.dir=run")
GLOBAL = "# @package _global_\n"


def command(folder, *words, **variables):
    """Run `python run.py` in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "SELFINSTRUCT"))}
    environment |= {"WANDB_SILENT": "true", **variables}
    return commands.run(*words, folder=folder, environment=environment)


def experiment(tmp_path, content):
    """The words that name an experiment of somebody else."""
    folder = tmp_path / "theirs" / "experiment"
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text(GLOBAL + content)
    return ["experiment=x", "--config-dir", "theirs"]


def assert_refused(tmp_path, *words, message, **variables):
    """The command ends with one clear message, without a trace, and has written and run nothing."""
    before = set(tmp_path.rglob("*"))
    done = command(tmp_path, *words, **variables)

    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert set(tmp_path.rglob("*")) == before


CODE = {
    "a callback": "hydra:\n  callbacks:\n    x: {_target_: os.system, command: touch hacked}\n",
    "a callback of Python": "hydra:\n  callbacks:\n    x: {_target_: pathlib.Path.touch, self: hacked}\n",
    "a log handler": "hydra:\n  job_logging:\n    handlers:\n      x: {(): pathlib.Path.touch, self: hacked}\n",
    "a function that a module of ours has imported": "hydra:\n  job_logging:\n    handlers:\n"
    "      x: {(): selfinstruct.cli.traces.shutil.copy, src: theirs/experiment/x.yaml, dst: hacked}\n",
    "a function of ours": "hydra:\n  callbacks:\n"
    "    x: {_target_: selfinstruct.storage.folder.replace_text, path: hacked, text: x}\n",
    "a log formatter": "hydra:\n  hydra_logging:\n    formatters:\n      x: {(): os.system, command: touch hacked}\n",
    "a launcher": "hydra:\n  launcher:\n    x: {_target_: os.system, command: touch hacked}\n",
    "a log elsewhere": "hydra:\n  job_logging:\n    handlers:\n      file: {filename: hacked}\n",
    "a folder elsewhere": "hydra:\n  output_subdir: ../hacked\n",
    "a variable": "hydra:\n  job:\n    env_set: {SELFINSTRUCT_ALLOW: os, PATH: hacked}\n",
}


@pytest.mark.parametrize("what", CODE)
def test_a_config_of_somebody_else_cannot_run_code_or_write_elsewhere(what, tmp_path):
    assert_refused(tmp_path, *QUICK, *experiment(tmp_path, CODE[what]), message="hydra.")


@pytest.mark.parametrize("words", [["--hydra-help"], ["--info=config"], ["-m", "random_seed=1,2"]])
def test_nor_in_any_other_mode_of_hydra(words, tmp_path):
    assert_refused(tmp_path, *words, *experiment(tmp_path, CODE["a log formatter"]), message="names 'os.system'")


def test_a_config_of_somebody_else_cannot_keep_the_program_busy_by_aliases_that_repeat_each_other(tmp_path):
    lines = ["a0: &a0 [1, 2, 3, 4]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]

    assert_refused(tmp_path, *QUICK, *experiment(tmp_path, "\n".join(lines)), message="its aliases repeat more than")


def test_a_target_of_other_code_is_refused_when_the_run_is_built(tmp_path):
    words = experiment(
        tmp_path, "seeds: {_target_: os.system, path: touch hacked}\nmodel: {_target_: selfinstruct.x.Y}\n"
    )
    done = command(tmp_path, *QUICK, *words)

    assert done.returncode == 1
    assert "seeds._target_ must begin with 'selfinstruct.'" in done.stderr
    assert "model._target_ cannot be imported" in done.stderr
    assert "SELFINSTRUCT_ALLOW=<package>" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("hacked"))
    assert not (tmp_path / "run/pool.jsonl").exists()


OWN = """
from selfinstruct.part import part
from selfinstruct.task import Task, Instance

@part
class Few:
    count: int
    path: str
    def load(self):
        made = Instance(input="", output="x")
        return [
            Task(id=str(n), origin="human", instruction=f"Do {n}.", is_classification=False, instances=(made,))
            for n in range(self.count)
        ]
"""


def test_a_package_that_the_user_allows_is_used(tmp_path):
    (tmp_path / "of_mine").mkdir()
    (tmp_path / "of_mine/__init__.py").write_text(OWN)
    words = [*QUICK, *experiment(tmp_path, "seeds: {_target_: of_mine.Few, count: 9}\n")]

    assert "may not run other code" in command(tmp_path, *words, PYTHONPATH=str(tmp_path)).stderr
    done = command(tmp_path, *words, PYTHONPATH=str(tmp_path), SELFINSTRUCT_ALLOW="of_mine")

    assert done.returncode == 0, done.stderr


def test_a_run_folder_of_somebody_else_cannot_slip_in_words(tmp_path):
    words = experiment(tmp_path, CODE["a callback"])
    (tmp_path / "run").mkdir()
    (tmp_path / "run/config.json").write_text(json.dumps({"overrides": words, "config": {}}))

    assert_refused(tmp_path, "hydra.run.dir=run", message="no run writes the overrides '--config-dir'")


SECRETS = {
    "an added key": ["+model.api_key=abc"],
    "a forced key": ["++model.extra.api_key=abc"],
    "a value": [f"seeds.path={KEY}"],
    "a quoted value": [f"seeds.path='{KEY}'"],
    "a mapping": ["+model.extra={headers: {api_key: abc}}"],
    "a list": [f"+model.extra=[a,{KEY}]"],
    "a sweep": ["-m", f"seeds.path=a,{KEY}", "hydra.sweep.dir=sweep"],
    "a key of Hydra's": [f"+hydra.job.env_set.OPENAI_API_KEY={KEY}"],
    "a folder": [f"hydra.run.dir=out/{KEY}"],
    "a config folder": [f"--config-dir={KEY}"],
    "a word alone": [KEY],
    "a url": ["model.api_base=https://user:word@host/v1"],
}


@pytest.mark.parametrize("way", SECRETS)
def test_a_typed_secret_reaches_no_file_and_is_not_repeated(way, tmp_path):
    assert_refused(tmp_path, *QUICK, *SECRETS[way], message="looks like a secret")
    assert KEY not in command(tmp_path, *SECRETS[way]).stderr


@pytest.mark.parametrize("mode", [QUICK, ["-m", "random_seed=1,2", "hydra.sweep.dir=sweep"]])
@pytest.mark.parametrize("content", [f"model:\n  api_key: {KEY}\n", f"seeds:\n  path: {KEY}\n"])
def test_a_secret_in_a_config_file_reaches_no_other(content, mode, tmp_path):
    assert_refused(tmp_path, *mode, *experiment(tmp_path, content), message="looks like a secret")


@pytest.mark.parametrize(
    "content",
    [
        "seeds:\n  path: ${oc.env:MY_API_KEY}\n",
        "recipe:\n  instructions:\n    prompt:\n      template: '${oc.env:MY_API_KEY} {{ tasks }}'\n",
        "hydra:\n  run:\n    dir: out/${oc.env:MY_API_KEY}\n",
        "hydra:\n  job:\n    env_copy: [MY_API_KEY]\n",
    ],
)
def test_a_secret_of_the_environment_does_not_enter_a_config(content, tmp_path):
    words = experiment(tmp_path, content)
    done = command(tmp_path, "trackers=[console]", *words, MY_API_KEY=KEY)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert KEY not in done.stdout + done.stderr
    assert not [path for path in tmp_path.rglob("*") if KEY in path.name]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


SEEDS_IN = "seeds:\n  path: ${oc.env:DB_PASS}/seed_tasks.jsonl\n"


def test_a_variable_of_the_environment_enters_a_config_only_by_the_users_word(tmp_path):
    words, place = experiment(tmp_path, SEEDS_IN), str(CONF / "seeds")

    refused = command(tmp_path, *QUICK, *words, DB_PASS=place)

    assert refused.returncode == 1
    assert "a config may not read the environment variable DB_PASS" in refused.stderr
    assert place not in refused.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and place.encode() in path.read_bytes()]
    assert command(tmp_path, *QUICK, *words, DB_PASS=place, SELFINSTRUCT_ALLOW_ENV="DB_PASS").returncode == 0


ELSEWHERE = {
    "absolute": "hydra:\n  run:\n    dir: {outside}/hacked\n",
    "upwards": "hydra:\n  run:\n    dir: out/../../hacked\n",
    "by a variable": "hydra:\n  run:\n    dir: ${{oc.env:HOME}}/hacked\n",
    "by a key": "objective: {outside}\nhydra:\n  run:\n    dir: ${{objective}}/hacked\n",
    "by a text of Hydra's": "hydra:\n  help: {{footer: '{outside}/x'}}\n  run:\n    dir: ${{hydra:help.footer}}\n",
    "by the job's id": "hydra:\n  job: {{id: '{outside}/hacked'}}\n  run:\n    dir: ${{hydra:job.id}}\n",
    "by the time": "hydra:\n  run:\n    dir: ${{now:{outside}/hacked}}\n",
    "a sweep": "hydra:\n  sweep:\n    dir: {outside}/hacked\n",
    "what is swept": "hydra:\n  mode: MULTIRUN\n  sweeper:\n"
    "    params: {{hydra.sweep.subdir: ../../../../hacked, random_seed: '1,2'}}\n",
    "a job of a sweep": "hydra:\n  sweep:\n    subdir: ../../hacked\n",
}


@pytest.mark.parametrize("how", ELSEWHERE)
def test_a_config_of_somebody_else_cannot_choose_a_folder_elsewhere(how, tmp_path, tmp_path_factory):
    words = experiment(tmp_path, ELSEWHERE[how].format(outside=tmp_path_factory.mktemp("outside")))

    assert_refused(tmp_path, *QUICK[:2], *words, message="leads out of the folder that the command runs in")


def test_nor_by_an_option_that_lies_elsewhere(tmp_path, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "hacked.yaml").write_bytes((CONF / "recipe/self_instruct.yaml").read_bytes())
    place = f"{'../' * 20}{outside}/hacked".replace("//", "/")

    words = experiment(tmp_path, f"defaults:\n  - override /recipe: {place}\n")

    assert_refused(tmp_path, *QUICK[:2], *words, message="leads out of the config folders")
    assert [path.name for path in outside.iterdir()] == ["hacked.yaml"]


@pytest.mark.parametrize("scheme", ["pkg", "structured"])
@pytest.mark.parametrize("words", [[], ["--cfg", "job"], ["--shell-completion", "query=bash"]])
def test_no_module_is_imported_to_look_for_configs_in_it(words, scheme, tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/y.yaml").write_text(f"defaults: [config]\nhydra:\n  searchpath: ['{scheme}://this']\n")

    assert_refused(
        tmp_path, "--config-dir=theirs", "--config-name=y", *words, message=f"would import '{scheme}://this'"
    )


def test_a_folder_elsewhere_that_the_user_types_or_allows_is_taken(tmp_path):
    experiment(tmp_path, "hydra:\n  run:\n    dir: ../elsewhere\n")
    words, theirs = [*QUICK[:2], "experiment=x"], ("--config-dir", ".")

    typed = command(tmp_path / "theirs", *words, "hydra.run.dir=../typed", *theirs)
    allowed = command(tmp_path / "theirs", *words, *theirs, SELFINSTRUCT_ALLOW="hydra.run.dir")

    assert (typed.returncode, allowed.returncode) == (0, 0)
    assert {"typed", "elsewhere"} <= {path.name for path in tmp_path.iterdir()}


SLURM = "defaults:\n  - override /hydra/launcher: submitit_slurm\nhydra:\n  launcher:\n    partition: {partition}\n"


@pytest.mark.parametrize("partition", ['"gpu\\n#SBATCH --wrap=touch hacked"', '"gpu\\rtouch hacked"', '"a\\u2028b"'])
@pytest.mark.parametrize("allowed", ["", "hydra.launcher"])
def test_no_text_for_a_launcher_may_hold_a_control_character(partition, allowed, tmp_path):
    words = experiment(tmp_path, SLURM.format(partition=partition))

    assert_refused(
        tmp_path, "-m", *words, message="hydra.launcher.partition holds a control", SELFINSTRUCT_ALLOW=allowed
    )


def test_a_text_for_a_launcher_from_another_folder_must_be_typed_or_allowed(tmp_path):
    words = experiment(tmp_path, SLURM.format(partition="gpu"))

    assert_refused(
        tmp_path, "-m", *words, message="hydra.launcher.partition may reach a shell. Type it on the command line"
    )
    for reported in (["hydra.launcher.partition=gpu"], []):
        variables = {} if reported else {"SELFINSTRUCT_ALLOW": "hydra.launcher"}
        shown = command(tmp_path, "-m", *words, *reported, "--info=config", **variables)
        assert "may reach a shell" not in shown.stderr


PLACES = "defaults: [override /model: {option}]\nmodel: {{api_base: {url}, key_env: DB_PASS, store: store.sqlite}}\n"


@pytest.mark.parametrize("option", ["endpoint", "openai"])
def test_a_config_folder_cannot_send_a_key_to_its_own_server_or_open_a_store(option, server, tmp_path):
    words = [*QUICK, *experiment(tmp_path, PLACES.format(option=option, url=server.url)), "budget.requests=5"]

    assert_refused(tmp_path, *words, message="A config folder decides where a key of yours", DB_PASS="precious")

    assert server.asked == []
    command(tmp_path, *words, DB_PASS="precious", SELFINSTRUCT_ALLOW="model")
    assert server.asked
    assert (tmp_path / "store.sqlite").exists()


def test_a_pickle_is_not_read(tmp_path):
    (tmp_path / "config.pickle").write_bytes(b"cposix\nsystem\n(S'touch hacked'\ntR.")

    assert_refused(tmp_path, "--experimental-rerun", "config.pickle", message="reads a pickle")


@pytest.mark.parametrize("mask", [0o077, 0o027])
def test_files_are_made_with_the_users_umask(mask, tmp_path):
    before = os.umask(mask)
    try:
        done = command(tmp_path, *QUICK[:1], "hydra.run.dir=run")
    finally:
        os.umask(before)

    assert done.returncode == 0, done.stderr
    made = [path for path in (tmp_path / "run").rglob("*") if not path.is_symlink()]
    assert [path for path in made if path.stat().st_mode & mask] == []


def test_folders_of_a_sweep_stay_in_it_whatever_an_override_holds(tmp_path):
    hostile = r"'../../evil','$(touch hacked)','a/b\c','<x>|y;z','%s {{ 1 }}','ä\n..','" + "x" * 300 + "'"
    done = command(
        tmp_path,
        *("-m", f"+recipe.instructions.prompt.values.word={hostile}", "hydra.sweep.dir=sweep", *QUICK[:2]),
    )

    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["sweep"]
    folders = sorted(path.name for path in (tmp_path / "sweep").iterdir() if path.is_dir())
    assert [name[:2] for name in folders if name != "comparison"] == [f"{number}_" for number in range(7)]
    assert all(len(name) <= 110 and not set(name) & set("/\\$<>|;%{}*?\"' \n") for name in folders)
    assert len({path.parent for path in (tmp_path / "sweep").glob("*/summary.json")}) == 7


HOSTILE = [
    "Compute {{ 7 * 7 }} and {% for x in y %} and ${oc.env:HOME} for me",
    "Write ../../evil and /etc/passwd and $(touch hacked) and `touch hacked`",
    "Show <script>alert(1)</script> and <img src=x onerror=alert(1)> as text",
    "Print \x1b[2J\x1b]0;owned\x07 and \x9b31m and a null \0 in your answer",
    "Name [bold red]the markup[/bold red] and ](http://x) in a table | of | words",
]


def answer(request):
    """What a hostile model says to each stage."""
    if request.stage == "instructions":
        return " " + "\n".join(f"{number}. {text}" for number, text in enumerate(HOSTILE, 9)).removeprefix("9. ")
    if request.stage == "classification":
        return " No"
    return "\n".join(f"Example {number}\n{text}\nOutput: {text}!\n" for number, text in enumerate(HOSTILE, 1))


def test_what_a_model_says_is_data_everywhere(tmp_path, composed, built, scripted, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    config = composed(
        f"recipe.instructions.until={len(HOSTILE)}", "trackers=[console]", "formats=[self_instruct,chat,alpaca]"
    )
    run = built(config, tmp_path / "run")
    run.model = scripted(answer, name="m](x)<b>\x1b[31m\n# {{ 1 }}")

    run.execute()

    pool = [json.loads(line) for line in (tmp_path / "run/pool.jsonl").read_bytes().split(b"\n")[:-1]]
    made = {row["id"]: row for row in pool if row["origin"] == "instructions"}.values()
    said = [row["instruction"] for row in made] + [
        row.get("instruction", row.get("text"))
        for row in map(json.loads, (tmp_path / "run/rejected.jsonl").read_bytes().split(b"\n")[:-1])
    ]
    assert all(any(text in found for found in said) for text in HOSTILE)
    assert any(text in instance["output"] for row in made for instance in row["instances"] or () for text in HOSTILE)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert not list(tmp_path.rglob("hacked"))
    card = (tmp_path / "run/dataset/README.md").read_text()
    assert "<b>" not in card.replace(r"\<b\>", "").replace(r"\<b>", "")
    printed = capsys.readouterr().out
    assert printable(printed) == printed


def test_hostile_text_in_an_error_does_not_steer_the_terminal(tmp_path):
    (tmp_path / "seeds.jsonl").write_text('{"id": ["\x9b31m \u202e"]}\n')
    done = command(tmp_path, *QUICK, "seeds.path=seeds.jsonl", "+seeds.a='\x1b[2J'")

    assert done.returncode == 1
    assert not set(done.stderr) & set("\x1b\x9b\u202e\r")
