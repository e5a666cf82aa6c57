"""What all prompts of a batch begin with is computed once, and changes no reply."""

import pytest
import tiny_model

from selfinstruct.model.shared_prompt import FEWEST, padded, shared_length
from selfinstruct.request import Decoding, Request

EXAMPLES = "Say what the word means. Word: rain. Answer: water that falls.\n\n" * 4
ENDINGS = ("Word: sun. Answer:", "Word: a word that is far longer than the others, and rare. Answer:", "Word:")


def test_prompts_share_their_beginning_but_never_their_last_token():
    long = list(range(FEWEST + 9))

    assert shared_length([long, [*long[:-1], 999]]) == FEWEST + 8
    assert shared_length([long, long]) == FEWEST + 8


def test_a_short_beginning_and_a_single_prompt_are_not_worth_it():
    long = list(range(FEWEST + 9))

    assert shared_length([long, [*long[: FEWEST - 1], 999, 999]]) == 0
    assert shared_length([long]) == 0


def test_padding_stands_between_what_is_shared_and_the_rest():
    rows, masks = padded([[1, 2, 3], [1, 2, 4, 5, 6]], 2, pad=0)

    assert rows == [[1, 2, 0, 0, 3], [1, 2, 4, 5, 6]]
    assert masks == [[1, 1, 0, 0, 1], [1, 1, 1, 1, 1]]


def requests(endings, most=12):
    """Requests that begin with the same examples; every second one is drawn."""
    decodings = [Decoding(max_tokens=most, temperature=0.8 if n % 2 else 0) for n in range(len(endings))]
    return [
        Request(f"s/1/{n}", "s", 1, EXAMPLES + ending, None, False, decoding, "x")
        for n, (ending, decoding) in enumerate(zip(endings, decodings, strict=True))
    ]


@pytest.mark.train
@pytest.mark.slow
@pytest.mark.parametrize("method", ["none", "lora", "ia3", "adapter"])
def test_a_reply_is_the_same_whether_the_beginning_is_shared_or_not(tiny, in_process, complete, tmp_path, method):
    torch = pytest.importorskip("torch", reason="answering in this process needs the extra `train`")
    peft = pytest.importorskip("peft", reason="adapters need the extra `train`")
    configs = {
        "lora": peft.LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear", init_lora_weights=False),
        "ia3": peft.IA3Config(
            task_type="CAUSAL_LM",
            target_modules=["k_proj", "down_proj"],
            feedforward_modules=["down_proj"],
            init_ia3_weights=False,
        ),
        "adapter": peft.AdaptionPromptConfig(task_type="CAUSAL_LM", adapter_len=4, adapter_layers=2),
    }
    if method != "none":
        torch.manual_seed(1)
        peft.get_peft_model(tiny_model.model(), configs[method]).save_pretrained(tmp_path)
    model = in_process(tiny, adapter=None if method == "none" else tmp_path, mode="completion")
    asked = requests(ENDINGS)

    together = complete(model, asked)
    alone = [reply for one in asked for reply in complete(model, [one])]

    assert [reply.failure for reply in together] == [None] * len(asked)
    assert [reply.text for reply in together] == [reply.text for reply in alone]


@pytest.mark.train
@pytest.mark.slow
def test_a_model_that_forgets_the_beginning_is_asked_without_sharing(tmp_path, in_process, complete):
    pytest.importorskip("torch", reason="answering in this process needs the extra `train`")
    from transformers import MistralConfig, MistralForCausalLM

    ids = tiny_model.tokenizer()
    config = MistralConfig(
        vocab_size=tiny_model.VOCABULARY,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=tiny_model.CONTEXT,
        sliding_window=16,
        eos_token_id=ids.eos_token_id,
        pad_token_id=ids.pad_token_id,
    )
    MistralForCausalLM(config).save_pretrained(tmp_path)
    ids.save_pretrained(tmp_path)
    model, asked = in_process(tmp_path, mode="completion"), requests(ENDINGS[:1] * 3)

    together = complete(model, asked)

    assert [reply.text for reply in together] == [reply.text for one in asked for reply in complete(model, [one])]
