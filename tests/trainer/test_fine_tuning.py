"""A training from its rows to its files, for every trainer as its YAML describes it."""

import json
import os
import re

import pytest

from selfinstruct.errors import DataError, RunFolderError, SelfInstructError
from selfinstruct.model.transformers import Transformers
from selfinstruct.request import Decoding, Request
from selfinstruct.trainer.devices import Device
from selfinstruct.trainer.fine_tuning import sft_of
from selfinstruct.trainer.loading import tokenizer_of
from selfinstruct.trainer.prepared import prepared
from selfinstruct.trainer.saving import write
from selfinstruct.trainer.silence import silenced
from selfinstruct.trainer.tokens import NOT_LEARNED

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow

RATES = {"full": 1e-2, "lora": 2e-2, "ia3": 0.5, "prefix": 0.5, "prompt_tuning": 0.5, "adapter": 0.5}
MERGED = ("lora", "ia3")
LENGTH = 12
QUESTIONS = ("Write a poem about the sea.", "Name three colors.", "Who are you?")


def settings(name, **changes):
    """A training that changes the answers of a tiny model."""
    found = {"epochs": 6, "batch_size": 8, "accumulate": 1, "learning_rate": RATES[name], "merge": name in MERGED}
    return found | changes


def answers(folder, adapter=None):
    """The greedy answers of a model from a folder, as model=transformers gives them."""
    values = {
        "label": None,
        "mode": "chat",
        "precision": "float32",
        "device": "cpu",
        "batch_size": 1,
        "max_tokens": LENGTH,
    }
    model = Transformers(base_model=str(folder), adapter=adapter, **values)
    requests = [
        Request(str(place), "test", 1, text, None, True, Decoding(), "whole_reply")
        for place, text in enumerate(QUESTIONS)
    ]
    with silenced(), model.session() as session:
        found = [future.result(timeout=60) for future in session.submit(requests)]
    assert [one.failure for one in found] == [None] * len(found)
    return [one.text for one in found]


def answers_in_memory(model, tokenizer):
    """The greedy answers of a model in memory, token by token: what is likeliest after all that stands there."""
    import torch

    found = []
    for text in QUESTIONS:
        turns = [{"role": "user", "content": text}]
        ids = tokenizer(tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False))["input_ids"]
        said = []
        while len(said) < LENGTH and said[-1:] != [tokenizer.eos_token_id]:
            with torch.no_grad():
                logits = model.eval()(input_ids=torch.tensor([ids + said]), use_cache=False).logits
            said.append(int(logits[0, -1].argmax()))
        found.append(tokenizer.decode(said, skip_special_tokens=True))
    return found


def lines(folder):
    return [json.loads(line) for line in (folder / "training.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def finished():
    """Trainings that are finished: folder and result, by name."""
    return {}


@pytest.fixture
def tuned(finished, trainer, base, dataset, tmp_path_factory):
    """The folder, the result and the preview of a finished training, done once."""

    def train(name):
        from selfinstruct.trainer import Training

        if name not in finished:
            folder = tmp_path_factory.mktemp(name)
            start = Training(dataset=dataset, folder=folder, random_seed=1)
            built = trainer(name, base, **settings(name))
            assert built.problems(start) == []
            finished[name] = folder, built.train(start), built.preview(start)
        return finished[name]

    return train


each = pytest.mark.parametrize("name", list(RATES))


@each
def test_it_learns(name, tuned):
    folder, result, _ = tuned(name)

    losses = [row["loss"] for row in lines(folder) if "loss" in row]
    assert losses[-1] < losses[0] - 0.02
    assert (result["first_loss"], result["loss"]) == (losses[0], losses[-1])
    assert [row["step"] for row in lines(folder) if "loss" in row] == [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]


@each
def test_the_preview_counts_what_the_training_then_does(name, tuned):
    _, result, preview = tuned(name)

    assert preview["rows"] == result["rows"]["trained_on"]
    assert [preview[key] for key in ("dropped", "cut", "validated_on")] == [
        result["rows"][key] for key in ("dropped", "cut", "validated_on")
    ]
    for key in ("steps", "tokens", "parameters", "trainable_parameters", "precision"):
        assert preview[key] == result[key], key


@each
def test_it_leaves_weights_in_safetensors_and_nothing_else_that_is_binary(name, tuned, base):
    folder, result, _ = tuned(name)

    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["model", "training.json", "training.jsonl", *(["merged"] if name in MERGED else [])]
    )
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {
        ".safetensors",
        ".json",
        ".jsonl",
        ".jinja",
    }
    assert list(result["sha256"]) == ["model.safetensors" if name == "full" else "adapter_model.safetensors"]


@each
def test_no_file_of_the_model_holds_a_path_of_this_machine_but_that_of_the_base_as_it_was_typed(name, tuned, base):
    folder, _, _ = tuned(name)
    for path in [*folder.glob("model/*"), *folder.glob("merged/*")]:
        content = path.read_bytes()
        if path.name == "adapter_config.json":
            assert json.loads(content)["base_model_name_or_path"] == str(base)
            content = content.replace(str(base).encode(), b"")
        assert str(base.parent).encode() not in content, path
        assert str(folder).encode() not in content, path
        assert os.path.expanduser("~").encode() + b"/" not in content, path


@each
def test_the_saved_model_answers_as_the_tuned_one_in_memory(name, trainer, training, base, dataset, tmp_path):
    built = trainer(name, base, **settings(name, merge=False, epochs=3))
    start = training(dataset)
    with silenced():
        tokenizer = tokenizer_of(built)
        sft = sft_of(built, start, tokenizer, prepared(built, start, tokenizer), Device("cpu"))
        sft.train()
        write(sft, tokenizer, start.folder / "model")
        said = answers_in_memory(sft.model, tokenizer)

    adapter = None if name == "full" else start.folder / "model"
    assert answers(start.folder / "model" if name == "full" else base, adapter) == said
    assert said != answers(base)


@pytest.mark.parametrize("name", MERGED)
def test_the_merged_model_answers_as_the_adapter(name, tuned, base):
    folder, _, _ = tuned(name)

    assert answers(folder / "merged") == answers(base, folder / "model")
    assert answers(folder / "merged") != answers(base)


@each
def test_a_finished_training_does_nothing_again_and_says_so(name, tuned, trainer, base, dataset, caplog):
    from selfinstruct.trainer import Training

    folder, result, _ = tuned(name)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    again = trainer(name, base, **settings(name)).train(Training(dataset=dataset, folder=folder, random_seed=1))

    assert again == json.loads(json.dumps(result))
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    (sentence,) = caplog.messages
    assert sentence.startswith(f"The training in {folder} is finished, so nothing is trained. Remove training.json")


def test_a_finished_training_is_merged_later(trainer, training, base, dataset, caplog):
    start = training(dataset)
    trainer("lora", base, epochs=1).train(start)
    assert not (start.folder / "merged").exists()

    trainer("lora", base, epochs=1, merge=True).train(start)

    assert answers(start.folder / "merged") == answers(base, start.folder / "model")
    assert caplog.messages == []


def test_a_damaged_model_of_a_finished_training_is_an_error(trainer, training, base, dataset):
    start = training(dataset)
    built = trainer("lora", base, epochs=1)
    built.train(start)
    weights = start.folder / "model" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])

    with pytest.raises(RunFolderError, match="is not as the training wrote it"):
        built.train(start)


def test_nothing_is_printed_and_nothing_is_written_outside_the_run_folder(
    trainer, training, base, dataset, capfd, tmp_path
):
    before = sorted(path for path in tmp_path.iterdir())

    start = training(dataset)
    trainer("prefix", base, epochs=1).train(start)
    trainer("lora", base, epochs=1, merge=True).train(training(dataset, "other"))

    assert capfd.readouterr() == ("", "")
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "other", tmp_path / "run"])


def batches(built, start):
    """The batches that the model is trained on."""
    with silenced():
        tokenizer = tokenizer_of(built)
        sft = sft_of(built, start, tokenizer, prepared(built, start, tokenizer), Device("cpu"))
        return tokenizer, list(sft.get_train_dataloader())


def learned(tokenizer, batch):
    """The texts that a batch learns, one for each run of labels."""
    found = []
    for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
        pieces, run = [], []
        for token, label in zip([*ids, -1], [*labels, NOT_LEARNED], strict=True):
            assert label in (token, NOT_LEARNED)
            if label == NOT_LEARNED and run:
                pieces.append(tokenizer.decode(run))
                run = []
            elif label != NOT_LEARNED:
                run.append(label)
        found += pieces
    return found


@pytest.mark.parametrize("packing", [False, True])
@pytest.mark.parametrize("name", ["full", "prefix"])
def test_the_batches_learn_every_answer_once_and_nothing_else(name, packing, trainer, training, base, dataset):
    built = trainer(name, base, packing=packing, validation_share=0)

    tokenizer, found = batches(built, training(dataset))

    answers = [json.loads(line)["messages"][-1]["content"] for line in dataset.read_text().splitlines()]
    assert sorted(text for batch in found for text in learned(tokenizer, batch)) == sorted(
        f"{answer}<|im_end|>\n" for answer in answers
    )
    assert ("position_ids" in found[0]) == packing


def test_packing_makes_the_steps_that_the_preview_counts(trainer, training, base, dataset):
    built, start = trainer("full", base, packing=True, epochs=2, batch_size=2, accumulate=1), training(dataset)

    preview = built.preview(start)
    result = built.train(start)

    assert (preview["steps"], preview["tokens"]) == (result["steps"], result["tokens"])
    assert result["steps"] < 2 * result["rows"]["trained_on"] / 2


@pytest.mark.parametrize(
    ("rows", "changes", "steps"),
    [
        (1, {"validation_share": 0}, 3),
        (3, {"validation_share": 0}, 3),
        (5, {"log_steps": 50, "checkpoint_steps": 50}, 3),
        (5, {"checkpoint_steps": None, "steps": 2}, 2),
        (5, {"precision": "bfloat16"}, 3),
        (5, {"weights": "bfloat16"}, 3),
        (5, {"gradient_checkpointing": True}, 3),
        (5, {"optimizer": "adafactor", "schedule": "constant_with_warmup"}, 3),
        (5, {"max_length": None}, 3),
    ],
)
def test_small_datasets_and_unusual_settings_work(
    rows, changes, steps, trainer, training, base, chat, write_rows, tmp_path
):
    path = write_rows(
        tmp_path / "few.jsonl", [chat(f"What is {number}?", f"It is {number}.") for number in range(rows)]
    )
    start = training(path)

    result = trainer("full", base, **changes).train(start)

    assert result["steps"] == steps
    assert lines(start.folder)[-1]["step"] == steps
    assert (result["validation_loss"] is None) == (changes.get("validation_share") == 0)


@pytest.mark.parametrize("name", ["lora", "ia3", "adapter"])
def test_methods_that_can_checkpoint_gradients_learn_the_same_with_it(name, trainer, training, base, dataset):
    plain = trainer(name, base, epochs=1).train(training(dataset))

    found = trainer(name, base, epochs=1, gradient_checkpointing=True).train(training(dataset, "other"))

    assert found["loss"] == pytest.approx(plain["loss"], abs=1e-5)


def test_rows_that_are_too_long_are_reported_before_the_first_step(trainer, training, base, dataset, caplog):
    seen = []
    start = training(dataset, log=lambda step: seen.append(list(caplog.messages)))

    result = trainer("full", base, epochs=1, max_length=60).train(start)

    (sentence,) = seen[0]
    assert re.match(r"\d+ of 30 rows are longer than trainer\.max_length and left out: ", sentence)
    counts = result["rows"]
    assert counts["dropped"] > 0
    assert counts["trained_on"] + counts["validated_on"] + counts["dropped"] == 30


def test_a_dataset_of_which_no_row_is_left_is_one_clear_error(trainer, training, base, dataset):
    for act in ("train", "preview"):
        with pytest.raises(DataError) as caught:
            getattr(trainer("full", base, max_length=8), act)(training(dataset))

        assert str(caught.value) == (
            f"{dataset} has no row left to train on: 30 of its rows are longer than trainer.max_length=8, which has to"
            " be set higher."
        )


def test_a_training_that_diverges_ends_with_the_key_to_change(trainer, training, base, dataset):
    with pytest.raises(SelfInstructError, match=r"is no longer a number at step .*Set trainer\.learning_rate lower"):
        trainer("full", base, learning_rate=1e30, max_grad_norm=1e30, warmup=0).train(training(dataset))


def test_a_loss_that_rises_is_reported_with_the_key_to_change(trainer, training, base, dataset, caplog):
    trainer("full", base, learning_rate=3.0, warmup=0).train(training(dataset))

    (sentence,) = caplog.messages
    assert sentence.startswith("The loss rose from 6.2")
    assert "Set trainer.learning_rate lower (now 3)" in sentence


def test_ctrl_c_saves_a_checkpoint_and_the_training_resumes_to_the_same(trainer, training, base, dataset, made):
    for steps in (4, None):
        built = trainer("lora", base, checkpoint_steps=steps)
        whole = training(dataset, f"whole {steps}")
        built.train(whole)
        asked = []

        def is_stopping(asked=asked):
            asked.append(True)
            return len(asked) == 4

        stopped = training(dataset, f"stopped {steps}", is_stopping=is_stopping)
        with pytest.raises(KeyboardInterrupt):
            built.train(stopped)
        assert len(list((stopped.folder / "checkpoints").glob("checkpoint-*"))) == 1

        built.train(training(dataset, f"stopped {steps}"))

        assert made(stopped.folder) == made(whole.folder)


def test_ctrl_c_before_the_first_step_loads_no_model(trainer, training, base, dataset):
    with pytest.raises(KeyboardInterrupt):
        trainer("lora", base).train(training(dataset, is_stopping=lambda: True))


def test_the_seed_decides_the_result(trainer, training, base, dataset, made):
    for seed, folder in ((1, "one"), (1, "again"), (2, "two")):
        trainer("lora", base, epochs=1).train(training(dataset, folder, random_seed=seed))
    one, again, two = (made(training(dataset, name).folder) for name in ("one", "again", "two"))

    assert one == again
    assert one["model/adapter_model.safetensors"] != two["model/adapter_model.safetensors"]


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("lora", {"target_modules": ["nowhere"]}),
        ("ia3", {"target_modules": ["nowhere"], "feedforward_modules": []}),
        ("adapter", {"layers": 9}),
    ],
)
def test_a_method_that_does_not_fit_the_model_is_one_sentence(name, method, trainer, training, base, dataset):
    for act in ("preview", "train"):
        with pytest.raises(SelfInstructError, match=r"^The method cannot be applied to trainer\.base_model="):
            getattr(trainer(name, base, method=method), act)(training(dataset))
