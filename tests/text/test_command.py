"""Words that can be pasted back into a shell."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from selfinstruct.text.command import SCRIPT, hydra_word, pasted, process_count, program, python, to_resume

TEXTS = [
    *("seed_task_1", "instructions/3/2:1", "7", "007", "1e3", "1_000", "null", "True", "a#1", "a,b", "[a]", "{a:1}"),
    *("it's", 'say "a"', "a b", " a", "", "x=1", "~x", "10:30", "日本 語", "é/ü", "a\nb", "$HOME", "`x`", "a$b", "(a)"),
    *("${random_seed}", "\\${x}", "\\\\${x", "$${x}", "a\\", "a\\\\b", 'a\\"b', '\\\\"', "!x", "*", "a;b"),
]


def test_every_text_comes_through_bash_and_hydra_as_it_was():
    line = " ".join(f"k={pasted(text)}" for text in TEXTS)
    shown = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True).stdout
    words = shown.split("\0")[:-1]

    read = [OmegaConf.create({"k": OverridesParser.create().parse_override(word).value()}).k for word in words]

    assert [str(value) for value in read] == TEXTS


@pytest.mark.parametrize("text", ["seed_task_1", "instructions/3/2:1", "/runs/2026-11-27_10-00-00-123456", "7"])
def test_an_ordinary_text_needs_no_quotes(text):
    assert pasted(text) == hydra_word(text) == text


def test_a_script_is_named_as_it_was_started(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["../my tree/run.py"])
    assert program() == f"{python()} '../my tree/run.py'"

    monkeypatch.setattr(sys, "argv", ["run.py"])
    assert to_resume(Path("/my runs/ä")) == f"""{python()} run.py 'hydra.run.dir="/my runs/ä"'"""


def test_the_installed_command_is_named_by_its_short_name_where_the_shell_finds_it(monkeypatch, tmp_path):
    command = tmp_path / "bin/selfinstruct"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(command)])
    monkeypatch.setenv("PATH", "/nowhere")
    assert program() == str(command)

    monkeypatch.setenv("PATH", str(command.parent))
    assert program() == "selfinstruct"


def test_a_job_in_a_process_of_a_launcher_names_the_program_of_this_tree(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/lib/submitit/core/_submit.py", "folder"])

    assert shlex.split(program())[-1] == str(SCRIPT)


def test_an_interpreter_that_the_shell_would_not_find_is_named_by_its_path(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    assert python() == shlex.quote(sys.executable)


def test_a_run_of_several_processes_is_resumed_by_its_launcher(monkeypatch):
    for name, value in {"RANK": "0", "WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["/lib/selfinstruct/__main__.py"])
    assert to_resume(Path("run")) == "torchrun --nproc_per_node 4 -m selfinstruct hydra.run.dir=run"

    monkeypatch.setenv("ACCELERATE_DYNAMO_BACKEND", "NO")
    monkeypatch.setattr(sys, "argv", ["../run.py"])
    assert to_resume(Path("run")) == "accelerate launch --num_processes 4 ../run.py hydra.run.dir=run"


def test_a_number_of_processes_that_was_left_in_the_environment_makes_no_launch(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.delenv("MASTER_ADDR", raising=False)

    assert process_count() == 1
