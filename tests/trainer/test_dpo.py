"""Direct preference optimization: pairs from their rows to a tuned model."""

import json
import math

import pytest

from selfinstruct.cli.build import make
from selfinstruct.errors import DataError
from selfinstruct.trainer.devices import Device
from selfinstruct.trainer.fine_tuning import sft_of
from selfinstruct.trainer.loading import tokenizer_of
from selfinstruct.trainer.prepared import prepared
from selfinstruct.trainer.silence import silenced

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def pairs(dataset, write_rows, tmp_path_factory):
    """Thirty pairs of the seed tasks, as texts, in a file."""
    rows = [json.loads(line) for line in dataset.read_text(encoding="utf-8").splitlines()]
    texts = [(row["id"], *(turn["content"] for turn in row["messages"])) for row in rows]
    found = [
        {"id": name, "prompt": prompt, "chosen": chosen, "rejected": "I do not know."} for name, prompt, chosen in texts
    ]
    return write_rows(tmp_path_factory.mktemp("pairs") / "pairs.jsonl", found)


def lines(folder):
    return [json.loads(line) for line in (folder / "training.jsonl").read_text().splitlines()]


def learns(result, folder):
    """Whether the chosen answers have become the more likely ones."""
    first = lines(folder)[0]
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-6)  # it begins as the base model
    assert first["reward_margin"] == 0.0
    return result["loss"] < 0.6 and result["reward_accuracy"] > 0.9 and result["validation_reward_margin"] > 0


def test_it_learns_which_answer_is_better_and_does_what_the_preview_counts(trainer, training, base, pairs):
    built, start = trainer("dpo", base, merge=True), training(pairs)
    preview = built.preview(start)

    result = built.train(start)

    assert learns(result, start.folder)
    assert result["objective"] == "Dpo"
    for key in ("steps", "tokens", "parameters", "trainable_parameters", "precision"):
        assert preview[key] == result[key], key
    assert preview["rows"] == result["rows"]["trained_on"]
    assert sorted(path.name for path in (start.folder / "model").iterdir()) == [  # and no copy of the adapter
        "adapter_config.json",
        "adapter_model.safetensors",
        "chat_template.jinja",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert (start.folder / "merged" / "model.safetensors").is_file()


def test_all_weights_are_compared_with_a_copy_of_the_base_model(values, training, base, pairs):
    start, problems = training(pairs), []
    built = make(values("dpo", str(base)) | {"method": None, "learning_rate": 1e-3}, "trainer", problems)
    assert problems == []

    result = built.train(start)

    assert learns(result, start.folder)
    assert built.preview(start)["memory_bytes"] == 5 * 4 * result["parameters"]  # weights twice, gradients, moments


def test_the_batches_hold_every_answer_once_and_the_end_of_it(trainer, training, base, pairs):
    built, start = trainer("dpo", base, validation_share=0), training(pairs)
    with silenced():
        tokenizer = tokenizer_of(built)
        sft = sft_of(built, start, tokenizer, prepared(built, start, tokenizer), Device("cpu"))
        batches = list(sft.get_train_dataloader())

    said = []
    for batch in batches:
        for ids, mask in zip(batch["input_ids"].tolist(), batch["completion_mask"].tolist(), strict=True):
            said.append(tokenizer.decode([token for token, is_learned in zip(ids, mask, strict=True) if is_learned]))
    rows = [json.loads(line) for line in pairs.read_text().splitlines()]
    assert sorted(said) == sorted(f"{row[key]}<|im_end|>\n" for row in rows for key in ("chosen", "rejected"))


def test_pairs_that_are_too_long_are_named_before_the_first_step(trainer, training, base, pairs, caplog):
    seen = []
    start = training(pairs, log=lambda step: seen.append(list(caplog.messages)))

    result = trainer("dpo", base, epochs=1, max_length=80).train(start)

    (sentence,) = seen[0]
    assert "rows are longer than trainer.max_length and left out: " in sentence
    assert sum(result["rows"][name] for name in ("dropped", "trained_on", "validated_on")) == 30


def test_a_dataset_without_pairs_is_refused_in_one_sentence(trainer, training, base, dataset):
    for act in ("train", "preview"):
        with pytest.raises(DataError) as caught:
            getattr(trainer("dpo", base), act)(training(dataset))

        (sentence,) = caught.value.problems
        assert sentence.startswith(f"{dataset} holds no pairs, from which trainer=dpo learns")
        assert "formats=[preference]" in sentence


def test_a_killed_training_on_pairs_resumes_to_the_same_bytes(values, base, trainings, pairs, made, tmp_path):
    what = {"trainer": values("dpo", str(base), epochs=2), "dataset": str(pairs)}
    assert trainings.run(tmp_path / "whole", **what).code == 0

    assert trainings.run(tmp_path / "run", **what, kill=["shutil.rmtree", "checkpoint-4"]).code == -9
    assert trainings.run(tmp_path / "run", **what).code == 0

    assert made(tmp_path / "run") == made(tmp_path / "whole")
    assert len(made(tmp_path / "run")) == 2
