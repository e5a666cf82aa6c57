"""The card of a tuned model."""

from types import SimpleNamespace

import pytest
import yaml
from pretending import Pretending

from selfinstruct.actions.card.model_card import license_in, model_card, write_cards
from selfinstruct.trainer import Training

HOSTILE = "x](http://evil) <img src=y> `z`\n# Own\n| cell |"


@pytest.fixture
def card(tmp_path):
    """The card of a training, with changes."""

    def make(kind="model", scores=None, models=("gpt-x",), own=True, recipe="self_instruct", **trainer):
        path = tmp_path / ("dataset/chat.jsonl" if own else "rows.jsonl")
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}\n")
        training = Pretending(**trainer).result(Training(dataset=path, folder=tmp_path, random_seed=1), "0")
        training["dataset"]["models"] = list(models)
        start = SimpleNamespace(folder=tmp_path, recipe=recipe)
        return model_card(SimpleNamespace(training=training, start=start, scores=scores or {}), kind)

    return make


def front(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_it_says_what_was_tuned_how_and_on_what(card):
    text = card()

    assert "some/base was tuned by LoRA on 1 row of chat.jsonl, written by gpt-x." in text
    assert "| settings | rank 64, learning\\_rate 0.0002 |" in text
    assert "2.500 to 2.000" in text


def test_it_says_that_a_model_was_tuned_on_preferences_and_how_well(card):
    text = card(own=False, objective={"beta": 0.1})

    assert "some/base, tuned on preferences" in text
    assert "was tuned by direct preference optimization (LoRA) on 1 row" in text
    assert "| reward accuracy | 0.750 |" in text
    assert "rank 64, beta 0.1, learning\\_rate" in text
    assert front(text)["tags"][0] == "dpo"


@pytest.mark.parametrize(
    ("kind", "method", "library", "relation"),
    [
        ("model", "Lora", "peft", "adapter"),
        ("merged", "Lora", "transformers", "finetune"),
        ("model", "full", "transformers", "finetune"),
    ],
)
def test_the_hub_reads_what_kind_of_model_it_is(card, kind, method, library, relation):
    found = front(card(kind, method=method))

    assert (found["library_name"], found["base_model_relation"]) == (library, relation)
    assert found["base_model"] == "some/base"


def test_the_license_of_a_base_model_in_a_folder_is_that_of_its_card(card, tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    (base / "README.md").write_text("---\nlicense: llama3\n---\n# Base\n")
    text = card(base_model=str(base))

    assert front(text)["license"] == "llama3"
    assert "which holds for this one, too: llama3." in text


def test_the_license_of_the_data_is_that_of_its_card(card, tmp_path):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n")

    assert "License of the data: cc-by-4.0." in card()
    assert "License of the data: not stated here." in card(own=False)


@pytest.mark.parametrize("text", ["", "---\nlicense: [a]\n---\n", "---\n: {\n---\n", "---\nname: x\n---\n", "\xff"])
def test_a_license_that_is_not_stated_is_not_guessed(text, tmp_path):
    (tmp_path / "README.md").write_bytes(text.encode("latin-1"))

    assert license_in(tmp_path) is None


def test_no_place_on_this_machine_stands_in_it(card, tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    for place in (str(base), str(tmp_path / "gone"), "../models/base", "models/of/mine"):
        text = card(base_model=place)
        assert place not in text
        assert "base_model" not in front(text)


@pytest.mark.parametrize(
    ("kind", "trainer", "shown"),
    [
        ("model", {}, 'PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained("some/base"), ".")'),
        ("merged", {}, 'pipeline("text-generation", model=".")'),
        ("model", {"method": "full"}, 'pipeline("text-generation", model=".")'),
        ("model", {"mode": "completion"}, 'tokenizer(prompt, return_tensors="pt")'),
        ("model", {"method": "Prefix"}, "model=transformers model.base_model=some/base model.adapter=.\n"),
        ("model", {"method": "Prefix", "mode": "completion"}, "model.adapter=. model.mode=completion"),
    ],
)
def test_it_says_how_the_model_is_used(card, kind, trainer, shown):
    assert shown in card(kind, **trainer).partition("## Use")[2].partition("## Training")[0]


def test_the_text_of_a_stand_in_is_not_to_be_used(card):
    assert "## Use" not in card(models=("offline",))


def test_a_stand_in_for_a_model_is_named_first(card):
    text = card(models=("offline",))

    assert text.index("Do not use it.") < text.index("was tuned by")
    assert front(text)["tags"][-2:] == ["made-by-offline", "not-for-use"]


@pytest.mark.parametrize("where", ["base_model", "models", "recipe", "method"])
def test_names_of_others_are_text(card, where):
    text = card(**{where: (HOSTILE,) if where == "models" else HOSTILE})

    shown = text.replace("\\]", "").replace("\\<", "")
    assert "](http" not in shown
    assert "<img" not in shown
    assert "\n# Own" not in text


def test_scores_stand_in_a_table(card):
    text = card(scores={"superni": {"rouge_l": 0.25, "unknown": None}})

    assert "| superni | rouge\\_l | 0.25 |" in text
    assert "unknown" not in text


def test_both_folders_get_one(card, tmp_path):
    for name in ("model", "merged"):
        (tmp_path / name).mkdir()
    training = Pretending().result(Training(dataset=_rows(tmp_path), folder=tmp_path, random_seed=1), "0")
    start = SimpleNamespace(folder=tmp_path, recipe="self_instruct")

    write_cards(SimpleNamespace(training=training, start=start, scores={}))

    assert all((tmp_path / name / "README.md").is_file() for name in ("model", "merged"))


def _rows(folder):
    path = folder / "rows.jsonl"
    path.write_text("{}\n")
    return path
