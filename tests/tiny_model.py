"""A model of random weights with its tokenizer, written in the test: two layers of 64 units, and 512 tokens.

It says nothing sensible, but it trains and answers like a real one, in a fraction of a second and without a download.
"""

import json
from functools import cache
from pathlib import Path

SEEDS = Path(__file__).parents[1] / "conf" / "seeds" / "seed_tasks.jsonl"
EOS, PAD, START, END = "<|endoftext|>", "<|pad|>", "<|im_start|>", "<|im_end|>"
VOCABULARY, CONTEXT = 512, 512

PLAIN = """{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}\
{{ message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""
MARKED = """{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}\
{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}\
{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""
TEMPLATES = {"plain": PLAIN, "marked": MARKED, None: None}


def write_model(folder: Path, *, chat_template: str | None = "plain", **changes) -> Path:
    """Write a model with its tokenizer into a folder, and return the folder.

    `chat_template` is "plain", "marked" (with the marks of what the assistant says), or None; `changes` as in `model`.
    """
    write_tokenizer(folder, chat_template=chat_template)
    model(**changes).save_pretrained(folder)
    return folder


def model(
    *,
    tied: bool = True,
    random_seed: int = 0,
    units: int = 64,
    layers: int = 2,
    context: int = CONTEXT,
    spread: float = 0.02,
):
    """Return a model of random weights, the same for the same seed.

    With a `spread` of 0.02 it learns well, but says one token again and again; with 0.2 its replies vary.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    ids = tokenizer()
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=units,
        intermediate_size=2 * units,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=context,
        tie_word_embeddings=tied,
        initializer_range=spread,
        bos_token_id=None,
        eos_token_id=ids.eos_token_id,
        pad_token_id=ids.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(random_seed)
        return LlamaForCausalLM(config)


def write_tokenizer(folder: Path, *, chat_template: str | None = "plain") -> None:
    """Write the tokenizer alone."""
    tokenizer(chat_template).save_pretrained(folder)


def tokenizer(chat_template: str | None = None):
    """Return a byte-level BPE trained on the seed tasks: every text can be written with it."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(trained()),
        eos_token=EOS,
        pad_token=PAD,
        additional_special_tokens=[START, END],
        chat_template=TEMPLATES[chat_template],
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


@cache
def trained() -> str:
    """Return the trained tokenizer as JSON, trained once in a process."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokens = Tokenizer(models.BPE())
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[EOS, PAD, START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokens.train_from_iterator(texts(), trainer)
    return tokens.to_str()


def texts() -> list[str]:
    """Return the texts of the seed tasks."""
    rows = [json.loads(line) for line in SEEDS.read_text(encoding="utf-8").splitlines()]
    return [
        text
        for row in rows
        for text in (row["instruction"], *(part for one in row["instances"] for part in (one["input"], one["output"])))
    ]
