"""Where the actions of a config stand, and what an ordinary run imports for them."""

import subprocess
import sys

import commands
import pytest

from selfinstruct.cli.actions import at_top, gathered


def test_actions_at_the_top_are_gathered_in_their_order_and_others_stay():
    declared = {"actions": {"b": "${b}", "a": "${a}", "own": {"x": 1}, "alias": "${a}"}, "a": {"y": 2}, "b": {}, "c": 3}

    assert at_top(declared) == ["b", "a"]
    found = gathered(declared, at_top(declared))
    assert found == {"actions": {"b": {}, "a": {"y": 2}, "own": {"x": 1}, "alias": "${a}"}, "c": 3}
    assert list(found["actions"]) == ["b", "a", "own", "alias"]


def test_a_config_without_actions_has_none():
    assert at_top({}) == []
    assert gathered({"c": 3}, []) == {"actions": {}, "c": 3}


OWN = """\
# @package _global_
# Prints the size of the pool.
actions:
  peek: ${peek}
peek:
  _target_: selfinstruct.actions.explain.Explain
  id: null
"""


@pytest.mark.parametrize(("word", "meant"), [("plan.lke=x", "plan.like"), ("peek.di=x", "peek.id")])
def test_a_typo_in_a_key_of_an_action_is_corrected(word, meant, tmp_path):
    (tmp_path / "mine/actions").mkdir(parents=True)
    (tmp_path / "mine/actions/peek.yaml").write_text(OWN)
    action = word.partition(".")[0]
    done = commands.run(
        f"--config-dir={tmp_path}/mine", f"actions=[{action}]", word, "trackers=[]", f"hydra.run.dir={tmp_path}/run"
    )

    assert done.returncode == 1
    assert f"Did you mean {meant}?" in done.stderr


def test_an_ordinary_run_imports_nothing_of_capsules(tmp_path):
    words = ("recipe.instructions.until=5", "trackers=[console]", f"hydra.run.dir={tmp_path}/run")
    code = "import sys; sys.argv[1:] = {words!r}; from selfinstruct.cli.main import main; main(); print(*sys.modules)"
    done = subprocess.run(  # a process that has imported nothing before
        [sys.executable, "-c", code.format(words=list(words))], capture_output=True, text=True, check=True
    )

    modules = done.stdout.split()
    assert "selfinstruct.actions.export" in modules
    capsules = ("selfinstruct.actions.publication", "selfinstruct.cli.replay", "selfinstruct.model.replay")
    assert [name for name in modules if name.startswith(capsules)] == []
