"""The entry, in this process."""

import subprocess
import sys

import pytest
from commands import ROOT

from selfinstruct.cli.main import help_text, refuse_secrets, with_kept_overrides
from selfinstruct.errors import ConfigError, RunFolderError
from selfinstruct.storage.folder import store_config


def test_the_help_lists_every_option():
    text = help_text()

    assert "  model: anthropic, endpoint, gemini, " in text
    assert "  prompt/self_instruct: classification, input_first" in text


def test_the_help_names_the_flag_for_options_of_ones_own_and_lists_those_of_a_folder(tmp_path):
    (tmp_path / "prompt" / "mine").mkdir(parents=True)
    (tmp_path / "prompt" / "mine" / "short\x1b[2J.yaml").touch()

    assert " --config-dir mine +experiment=x  options of your own: here mine/experiment/x.yaml" in help_text()
    assert f"Options of your own, in {tmp_path}:\n\n  prompt/mine: short" in help_text(str(tmp_path))
    assert "\x1b" not in help_text(str(tmp_path))
    assert help_text(str(tmp_path / "none")).endswith("\n\n  none are found")


@pytest.mark.parametrize(
    "word",
    [
        *("+model.api_key=x", "model.extra.apikey=x", "++a.access_token=x", "x.password=y", "+api_key=x"),
        *("seeds.path=sk-1234567890", "+model.extra={api_key: x}", "model.api_base=https://u:p@host/v1"),
    ],
)
def test_a_typed_secret_is_refused(word):
    with pytest.raises(ConfigError, match="looks like a secret"):
        refuse_secrets([word])


def test_a_key_that_only_names_a_secret_passes():
    words = ["model.key_env=OPENAI_API_KEY", "recipe.x.max_tokens=5", "filters.tokenizer=rouge", "-m"]

    assert refuse_secrets(["model.api_base=http://127.0.0.1:8000/v1", *words]) is None


def test_a_folder_remembers_what_was_overridden(tmp_path):
    store_config(tmp_path, {}, ["model=openai", "+a.b=1", "~filters.x", "random_seed=3"])
    where = f'hydra.run.dir="{tmp_path}"'

    assert with_kept_overrides([where]) == ["model=openai", "+a.b=1", "~filters.x", "random_seed=3", where]
    assert with_kept_overrides([where, "random_seed=4", "a.b=2"]) == [
        *("model=openai", "~filters.x"),
        *(where, "random_seed=4", "a.b=2"),
    ]
    assert with_kept_overrides(["hydra.run.dir=elsewhere"]) == ["hydra.run.dir=elsewhere"]
    assert with_kept_overrides(["random_seed=4"]) == ["random_seed=4"]


@pytest.mark.parametrize("word", ["--config-dir=/else", "-m", "hydra.callbacks.x._target_=os.system", "+hydra/x=y"])
def test_a_folder_cannot_slip_in_words_that_no_run_writes(word, tmp_path):
    store_config(tmp_path, {}, ["random_seed=3", word])

    with pytest.raises(RunFolderError, match=r"config\.json: no run writes the overrides"):
        with_kept_overrides([f"hydra.run.dir={tmp_path}"])


@pytest.mark.parametrize("name", [".hydra/config.yaml", ".hydra/overrides.yaml", "run.log", ".lock"])
def test_a_folder_whose_run_lost_its_words_starts_no_other_run(name, tmp_path):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    where = f"hydra.run.dir={tmp_path}"

    with pytest.raises(
        RunFolderError, match=r"Start it again with all of them \(at least: .* recipe=<recipe> hydra\.run\.dir="
    ):
        with_kept_overrides([where])

    assert with_kept_overrides(["recipe=self_instruct", where]) == ["recipe=self_instruct", where]


@pytest.mark.parametrize("name", [None, "notes.txt", ".hydra/overrides.yaml"])
def test_a_folder_in_which_no_run_lost_its_words_takes_a_run_of_the_defaults(name, tmp_path):
    if name is not None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[]\n")
    words = [f"hydra.run.dir={tmp_path}"]

    assert with_kept_overrides(words) == words


def test_all_typed_secrets_are_reported_at_once_and_none_is_repeated():
    with pytest.raises(ConfigError) as error:
        refuse_secrets(["+a.api_key=abcdef", "+sk-0123456789=1", "random_seed=1"])

    assert [problem.split(" looks")[0] for problem in error.value.problems] == ["+a.api_key", "+…"]
    assert "abcdef" not in str(error.value)


def test_to_judge_a_run_again_its_overrides_are_taken_but_not_what_it_did_and_logged(tmp_path):
    store_config(tmp_path, {}, ["recipe.instructions.until=5", "actions=[generate]", "trackers=[]", "budget.usd=3"])

    assert with_kept_overrides(["recipe=refilter", f"refilter.run={tmp_path}", "random_seed=3"]) == [
        "recipe.instructions.until=5",
        *(f"refilter.run={tmp_path}", "random_seed=3", "actions=[refilter,export]"),
    ]


def test_the_help_is_shown_without_the_libraries_of_a_run_or_of_a_launch():
    code = (
        "import sys; from selfinstruct.cli.main import main; sys.argv[1:] = ['--help']; main();"
        "print([name for name in ('torch', 'pydantic', 'selfinstruct.trainer') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.splitlines()[-1] == "[]"
