"""The model that answers in this process: what is known before anything is loaded, and whole runs with it."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import commands
import pytest
import tiny_model
from pydantic import ValidationError

from selfinstruct.actions.generate import model_problems
from selfinstruct.budget import Pricing
from selfinstruct.model import Model, Selective
from selfinstruct.model.transformers import INSTALL, PACKAGES
from selfinstruct.request import Decoding

HAS_PACKAGES = all(map(find_spec, PACKAGES))
needs_packages = pytest.mark.skipif(not HAS_PACKAGES, reason="answering needs the extra `train`")


@pytest.fixture
def folder(tmp_path):
    """A folder that looks like a model, from outside."""
    made = tmp_path / "small-model"
    made.mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (made / name).write_text("{}", encoding="utf-8")
    return made


@pytest.fixture
def adapter(tmp_path):
    made = tmp_path / "tuned"
    made.mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (made / name).write_text("{}", encoding="utf-8")
    return made


def test_it_is_a_model_that_costs_nothing(in_process, folder):
    made = in_process(folder)

    assert isinstance(made, Model)
    assert isinstance(made, Selective)
    assert made.pricing() == Pricing(0.0, 0.0)
    assert not made.is_offline


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("HuggingFaceTB/SmolLM2-135M", "HuggingFaceTB/SmolLM2-135M"),
        ("gpt2", "gpt2"),
        ("/home/someone/models/gone", "gone"),
        ("./gone", "gone"),
        ("outputs/run/model", "model"),
    ],
)
def test_its_name_holds_no_place_on_this_machine_also_where_the_folder_is_gone(in_process, base, name):
    assert in_process(base).name == name


def test_its_name_holds_that_of_its_adapter_and_a_label_is_all_of_it(in_process, folder, adapter):
    assert in_process(folder, adapter=adapter).name == "small-model+tuned"
    assert in_process(folder, adapter=adapter, label="mine").name == "mine"


def test_no_reply_and_no_fingerprint_holds_the_place_of_a_folder(in_process, folder, adapter):
    text = json.dumps(in_process(folder, adapter=adapter).fingerprint())

    assert str(folder.parent) not in text


@pytest.mark.parametrize(
    "changes", [{"mode": "completion"}, {"precision": "bfloat16"}, {"max_tokens": 7}, {"base_model": "gpt2"}]
)
def test_what_shapes_a_reply_is_in_the_fingerprint(in_process, folder, changes):
    assert in_process(**{"base_model": folder, **changes}).fingerprint() != in_process(folder).fingerprint()


@pytest.mark.parametrize("changes", [{"device": "cuda"}, {"batch_size": 1}, {"label": "x"}])
def test_what_shapes_no_reply_is_not_in_the_fingerprint(in_process, folder, changes):
    assert in_process(folder, **changes).fingerprint() == in_process(folder).fingerprint()


def test_other_weights_have_another_fingerprint(in_process, folder, adapter):
    before = in_process(folder, adapter=adapter).fingerprint()
    (adapter / "adapter_model.safetensors").write_text("other", encoding="utf-8")

    assert in_process(folder, adapter=adapter).fingerprint() != before


def test_the_files_are_read_once_for_all_stages(in_process, folder):
    made = in_process(folder)
    before = made.fingerprint()
    (folder / "model.safetensors").write_text("other", encoding="utf-8")

    assert made.fingerprint() == before


def test_models_are_equal_by_their_values_whether_or_not_their_files_were_read(in_process, folder):
    one, other = in_process(folder), in_process(folder)
    one.fingerprint()

    assert one == other
    assert one != in_process(folder, device="cuda")


def test_a_model_cannot_be_changed(in_process, folder):
    with pytest.raises(AttributeError):
        in_process(folder).device = "cuda"


@pytest.mark.parametrize("changes", [{"batch_size": 0}, {"max_tokens": 0}, {"precision": "int4"}, {"mode": "x"}])
def test_a_value_that_makes_no_sense_is_refused(in_process, folder, changes):
    with pytest.raises(ValidationError):
        in_process(folder, **changes)


def test_without_its_packages_it_says_how_to_install_them():
    program = """
import sys
sys.modules["torch"] = None
from selfinstruct.model.transformers import Transformers
print(Transformers(base_model="x", adapter=None, label=None, mode="chat", precision="float32", device="cpu",
                   batch_size=3, max_tokens=40).problems()[0])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == (INSTALL + "\n", "")


@pytest.mark.train
@needs_packages
def test_a_model_that_is_there_has_no_problems(in_process, folder, adapter):
    assert in_process(folder, adapter=adapter).problems() == []
    assert in_process("someone/something").problems() == []


@pytest.mark.train
@needs_packages
def test_folders_that_hold_no_model_and_no_adapter_are_both_reported(in_process, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    found = in_process("./gone", adapter=tmp_path).problems()

    assert [text.partition("=")[0] for text in found] == ["model.base_model", "model.adapter"]


def test_looking_at_it_imports_nothing_heavy(folder):
    program = f"""
import sys
from selfinstruct.model.transformers import Transformers
made = Transformers(base_model={str(folder)!r}, adapter=None, label=None, mode="chat", precision="float32",
                    device="cpu", batch_size=3, max_tokens=40)
made.problems(), made.fingerprint(), made.name
with made.session() as session:
    session.submit([])
print([name for name in ("torch", "transformers", "peft", "trl", "accelerate") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_further_parameters_are_reported_before_the_run(in_process, folder):
    stages = {"one": [Decoding(extra={"seed": 1, "top_k": None})], "two": [Decoding()]}

    assert in_process(folder).unsupported_parameters("model", stages) == [
        "small-model does not take seed (of one). Set recipe.one.prompt.decoding.extra.seed=null."
    ]


def test_a_schema_is_reported_before_the_run(in_process, folder):
    held = Decoding(extra={"response_format": {"type": "json_schema"}})

    (said,) = in_process(folder).unsupported_parameters("model", {"one": [held], "two": [held]})

    assert said.startswith("small-model in this process cannot be held to a JSON schema. Set structured=false, or")


RECIPES = ("self_instruct", "alpaca", "evol_instruct", "instruction_induction", "superni", "user_oriented", "pairwise")


@pytest.mark.train
@needs_packages
@pytest.mark.parametrize("recipe", RECIPES)
def test_it_takes_what_every_recipe_asks_for(composed, built, tmp_path, folder, recipe):
    config = composed(f"recipe={recipe}", "model=transformers", f"model.base_model={folder}", "trackers=[]")

    assert model_problems(built(config, tmp_path / "run")) == []


SMALL = (
    "recipe=superni",
    "model=transformers",
    "model.device=cpu",
    "model.batch_size=4",
    "seeds.per_task=1",
    "recipe.answers.requests_per_round=6",
    "recipe.answers.prompt.decoding.max_tokens=24",
    "trackers=[]",
)
"""A benchmark of 24 requests, in 4 rounds."""
OFFLINE = {**os.environ, "HF_HUB_OFFLINE": "1"}


def committed(folder):
    """How many rounds a run has committed."""
    path = folder / "rounds.jsonl"
    return len(path.read_bytes().splitlines()) if path.exists() else 0


def run_until(words, folder, is_time):
    """Start a run, and come back as soon as it is time, or it has ended."""
    process = commands.begin(*words, f"hydra.run.dir={folder}", folder=folder.parent)
    while process.poll() is None and not is_time():
        time.sleep(0.002)
    return process


@pytest.mark.slow
@pytest.mark.train
@needs_packages
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(tmp_path):
    base = tiny_model.write_model(tmp_path / "tiny", spread=0.2, context=4096)
    words = (*SMALL, f"model.base_model={base}")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert commands.run(*words, f"hydra.run.dir={whole}", folder=tmp_path).returncode == 0

    for rounds in (1, 3):
        process = run_until(words, killed, lambda rounds=rounds: committed(killed) >= rounds)
        process.kill()
        process.communicate()
    assert 3 <= committed(killed) < committed(whole)
    done = commands.run(*words, f"hydra.run.dir={killed}", folder=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    for name in ("pool.jsonl", "rounds.jsonl", "scores.json", "answers.jsonl"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    assert str(tmp_path) not in (whole / "pool.jsonl").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.train
@needs_packages
def test_the_first_interrupt_finishes_the_round_and_the_second_ends_soon(tmp_path):
    base = tiny_model.write_model(tmp_path / "tiny", context=65536)
    words = (*SMALL, f"model.base_model={base}", "recipe.answers.prompt.decoding.max_tokens=60000")
    folder = tmp_path / "run"

    process = run_until(words, folder, lambda: "is loaded on" in log_of(folder))
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    assert process.poll() is None  # it would take minutes
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, errors = process.communicate(timeout=60)

    assert time.monotonic() - began < 10
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "To resume, run:" in errors


def log_of(folder):
    path = folder / "run.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def spoiled(base, name):
    """A model whose weights lie in pickles, or are those of an adapter, or are missing."""
    if name == "pickles":
        (base / "model.safetensors").rename(base / "pytorch_model.bin")
    elif name == "adapter":
        (base / "adapter_config.json").write_text("{}", encoding="utf-8")
    elif name == "missing":
        return base.with_name("gone")
    return base if name != "hub" else "nobody/nothing"


@pytest.mark.slow
@pytest.mark.train
@needs_packages
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("missing", "does not exist, or is not a folder."),
        ("pickles", "holds no model in safetensors. Its pickles are not read"),
        ("adapter", "holds an adapter. Set model.adapter="),
        ("hub", "model.base_model=nobody/nothing cannot be loaded: "),
    ],
)
def test_a_model_that_cannot_be_used_ends_the_command_with_one_sentence(tmp_path, name, text):
    base = spoiled(tiny_model.write_model(tmp_path / "tiny"), name)

    done = commands.run(*SMALL, f"model.base_model={base}", folder=tmp_path, environment=OFFLINE)

    assert done.returncode == 1
    assert text in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.train
@needs_packages
def test_an_adapter_that_is_none_ends_the_command_with_one_sentence(tmp_path):
    base = tiny_model.write_model(tmp_path / "tiny")

    done = commands.run(*SMALL, f"model.base_model={base}", f"model.adapter={base}", folder=tmp_path)

    assert done.returncode == 1
    assert f"model.adapter={base} holds a whole model. Set model.base_model" in done.stderr
    assert "Traceback" not in done.stderr
