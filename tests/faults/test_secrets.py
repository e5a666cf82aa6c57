"""A key reaches no file and no terminal, whatever the server does with it."""

import json


def holding(folder, key):
    """The files that hold a key, as it is in their bytes."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert len(paths) > 5
    return [path for path in paths if key.encode() in path.read_bytes() or key in path.name]


def test_a_run_that_succeeds_through_errors_and_replies_that_echo_its_key_holds_it_nowhere(
    server, words, run, key, tmp_path
):
    server.begin(echo=0.2)
    server.echoes = True

    code, output, message = run(*words, "trackers=[console,wandb]", "recipe.instructions.until=10", "hydra.run.dir=run")

    assert (code, message) == (0, "")
    assert key not in output
    assert holding(tmp_path, key) == []
    assert (tmp_path / "run/wandb").is_dir()
    made = [json.loads(line) for line in (tmp_path / "run/pool.jsonl").read_text(encoding="utf-8").splitlines()]
    assert any("the [key] " in row["instruction"] for row in made)
    assert "no: [key]" in (tmp_path / "run/run.log").read_text(encoding="utf-8")


def test_a_run_that_fails_with_its_key_in_the_message_holds_it_nowhere(server, words, run, key, tmp_path):
    server.begin(**{"401": 1.0})

    code, output, message = run(*words, "trackers=[console]", "hydra.run.dir=run")

    assert code == 1
    assert "HTTP 401, no: [key]" in output + message
    assert key not in output + message
    assert holding(tmp_path, key) == []


LOGGING = """
import logging, os, warnings
from selfinstruct.part import part
from selfinstruct.seeds.jsonl import Jsonl

@part
class Speaking(Jsonl):
    def load(self):
        said = "the server said " + os.environ["OPENAI_API_KEY"] + " \\x1b[2J\\x9b31m"
        for name in ("LiteLLM", "httpx", "openai", "aiohttp.client", "asyncio"):
            logging.getLogger(name).error("%s: %s", name, said)
        warnings.warn(said)
        try:
            raise ValueError(said)
        except ValueError:
            logging.getLogger("LiteLLM").exception("failed")
        return super().load()
"""


def test_what_libraries_log_reaches_console_and_log_without_keys_and_escapes(server, words, run, key, tmp_path):
    (tmp_path / "speaking.py").write_text(LOGGING)
    allowed = {"PYTHONPATH": str(tmp_path), "SELFINSTRUCT_ALLOW": "speaking"}
    seeds = "seeds._target_=speaking.Speaking"

    code, output, message = run(*words, "recipe.instructions.until=10", "hydra.run.dir=run", seeds, **allowed)

    log = (tmp_path / "run/run.log").read_text(encoding="utf-8")
    assert code == 0, message
    assert "UserWarning: the server said [key]" in message
    for said in (message, log):
        assert said.count("the server said [key] \\x1b[2J\\x9b31m") >= 6
        assert "ValueError: the server said [key]" in said
        assert not set(said) & set("\x1b\x9b")
    assert key not in output + message + log
    assert holding(tmp_path / "run", key) == []
