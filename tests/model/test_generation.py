"""Replies of a tiny model: the same alone and in a batch, cut where they end, and true to its adapter."""

import json
import os
import subprocess
import sys
from concurrent.futures import CancelledError
from itertools import count

import pytest
import tiny_model

from selfinstruct.request import Decoding, Request

pytestmark = [pytest.mark.train, pytest.mark.slow]  # of what it imports
torch = pytest.importorskip("torch", reason="answering in this process needs the extra `train`")
peft = pytest.importorskip("peft", reason="adapters need the extra `train`")

TEXTS = ("Hi", "Name three birds that can fly, and say why.", "Count to ten. " * 9, "x")
ADAPTERS = {
    "lora": lambda: peft.LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear", init_lora_weights=False),
    "ia3": lambda: peft.IA3Config(
        task_type="CAUSAL_LM",
        target_modules=["k_proj", "v_proj", "down_proj"],
        feedforward_modules=["down_proj"],
        init_ia3_weights=False,
    ),
    "prefix": lambda: peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=8),
    "projected prefix": lambda: peft.PrefixTuningConfig(
        task_type="CAUSAL_LM", num_virtual_tokens=8, prefix_projection=True, encoder_hidden_size=32
    ),
    "llama adapter": lambda: peft.AdaptionPromptConfig(task_type="CAUSAL_LM", adapter_len=4, adapter_layers=2),
    "prompt tuning": lambda: peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=8),
    "p-tuning": lambda: peft.PromptEncoderConfig(task_type="CAUSAL_LM", num_virtual_tokens=8, encoder_hidden_size=32),
}


def asked(*texts, chat=True, system=None, **decoding):
    """Requests of these texts, the limit of each higher than the one's before."""
    most = decoding.pop("max_tokens", None)
    return [
        Request(f"s/1/{n}", "s", 1, text, system, chat, Decoding(max_tokens=most or 10 + 5 * n, **decoding), "x")
        for n, text in enumerate(texts)
    ]


def texts_of(replies):
    assert [reply.failure for reply in replies] == [None] * len(replies)
    return [reply.text for reply in replies]


@pytest.fixture(scope="module")
def untuned(tiny):
    """The tiny model as transformers has it."""
    from transformers import AutoModelForCausalLM

    return lambda: AutoModelForCausalLM.from_pretrained(tiny).eval()


def by_whole_passes(model, text, most, ends):
    """The greedy reply of a model that is shown the whole text for each token, and so never uses a cache."""
    tokenizer = tiny_model.tokenizer("plain")
    messages = [{"role": "user", "content": text}]
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = torch.tensor([tokenizer(prompt)["input_ids"]])
    start = ids.shape[1]
    with torch.inference_mode():
        for _ in range(most):
            scores = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0, -1]
            if (token := scores.argmax()).item() in ends:
                break
            ids = torch.cat([ids, token[None, None]], 1)
    return tokenizer.decode(ids[0, start:], skip_special_tokens=True)


@pytest.mark.parametrize(
    "decoding",
    [
        {},
        {"presence_penalty": 1.5},
        {"temperature": 1.0},
        {"temperature": 0.7, "top_p": 0.5, "presence_penalty": 2.0, "frequency_penalty": 0.5},
    ],
)
def test_a_reply_is_the_same_alone_and_in_a_batch(tiny, in_process, complete, decoding):
    requests = asked(*TEXTS, **decoding)

    together = texts_of(complete(in_process(tiny), requests))

    assert together == texts_of(complete(in_process(tiny, batch_size=1), requests))
    assert len(set(together)) == len(TEXTS)


def test_replies_that_are_drawn_differ_between_requests_and_not_between_runs(tiny, in_process, complete):
    requests = asked(*["Say something."] * 6, max_tokens=20, temperature=1.0)

    said = texts_of(complete(in_process(tiny), requests))

    assert len(set(said)) == 6
    assert texts_of(complete(in_process(tiny), requests)) == said


def test_replies_that_are_drawn_are_the_same_in_another_process(tiny, in_process, complete):
    program = """
import json, sys
from selfinstruct.model.transformers import Transformers
from selfinstruct.request import Decoding, Request
made = Transformers(base_model=sys.argv[1], adapter=None, label=None, mode="chat", precision="float32", device="cpu",
                    batch_size=3, max_tokens=40)
asked = [Request(f"s/1/{n}", "s", 1, "Say something.", None, True, Decoding(max_tokens=20, temperature=1.0), "x")
         for n in range(6)]
with made.session() as session:
    print(json.dumps([future.result().text for future in session.submit(asked)]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tiny)],
        env={**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )

    said = texts_of(complete(in_process(tiny), asked(*["Say something."] * 6, max_tokens=20, temperature=1.0)))

    assert json.loads(done.stdout) == said
    assert done.stderr == ""


@pytest.mark.parametrize("method", [None, *ADAPTERS])
def test_a_greedy_reply_is_that_of_whole_passes_of_the_model_with_its_adapter(
    tiny, untuned, in_process, complete, tmp_path, method
):
    model, adapter = untuned(), None
    if method is not None:
        torch.manual_seed(1)
        model, adapter = peft.get_peft_model(model, ADAPTERS[method]()).eval(), tmp_path
        for name, gate in model.named_parameters():
            if name.endswith("adaption_gate"):  # starts at 0, where it changes nothing
                gate.data.fill_(1.0)
        model.save_pretrained(adapter)

    said = texts_of(complete(in_process(tiny, adapter=adapter), asked(*TEXTS, max_tokens=12)))

    assert said == [by_whole_passes(model, text, 12, ends=(0, 3)) for text in TEXTS]
    if method is not None:
        assert said != texts_of(complete(in_process(tiny), asked(*TEXTS, max_tokens=12)))


def test_a_reply_has_exactly_as_many_tokens_as_it_may(tiny, in_process, complete):
    replies = complete(in_process(tiny), asked(*TEXTS, presence_penalty=2.0, frequency_penalty=2.0))

    assert [reply.completion_tokens for reply in replies] == [10, 15, 20, 25]
    assert {reply.finish_reason for reply in replies} == {"length"}


def test_a_stage_without_a_limit_has_that_of_the_model(tiny, in_process, complete, only):
    (request,) = asked("Hi", presence_penalty=2.0)
    request = Request("s/1/0", "s", 1, "Hi", None, True, Decoding(presence_penalty=2.0), "x")

    assert only(complete(in_process(tiny, max_tokens=7), [request])).completion_tokens == 7


def test_a_reply_ends_before_its_first_stop_text(tiny, in_process, complete, only):
    whole = texts_of(complete(in_process(tiny), asked("Hi", max_tokens=30)))[0]
    stop = whole[9:12]

    reply = only(complete(in_process(tiny), asked("Hi", max_tokens=30, stop=["never", stop])))

    assert reply.text == whole[: whole.index(stop)]
    assert reply.finish_reason == "stop"
    assert reply.completion_tokens < 30


def test_padding_after_a_reply_that_ended_counts_as_no_token(tiny, in_process, complete):
    first, second = asked("Hi", "x", max_tokens=30)
    whole = texts_of(complete(in_process(tiny), [first]))[0]
    stopped = Request("s/1/0", "s", 1, "Hi", None, True, Decoding(max_tokens=30, stop=[whole[4:7]]), "x")

    alone, batched = (complete(in_process(tiny), some)[0] for some in ([stopped], [stopped, second]))

    assert (batched.completion_tokens, batched.text) == (alone.completion_tokens, alone.text)


def test_a_prompt_that_is_longer_than_the_context_is_refused_and_the_others_are_answered(tiny, in_process, complete):
    replies = complete(in_process(tiny), asked("Hi", "word " * 600, "x"))

    assert [reply.failure and reply.failure.kind for reply in replies] == [None, "refused", None]
    assert f"the context of {tiny.name} is 512" in replies[1].failure.message
    assert replies[2].text == complete(in_process(tiny), asked("Hi", "Hi", "x"))[2].text


def test_a_reply_ends_with_the_context(tiny, in_process, complete, only):
    reply = only(complete(in_process(tiny), asked("word " * 220, max_tokens=900, presence_penalty=2.0)))

    assert reply.prompt_tokens + reply.completion_tokens <= 512
    assert reply.finish_reason in ("length", "stop")


def test_an_empty_text_is_continued_from_the_token_that_starts_one(tiny, in_process, complete, only):
    reply = only(complete(in_process(tiny, mode="completion"), asked("", chat=False)))

    assert (reply.failure, reply.prompt_tokens) == (None, 1)


def test_a_text_is_continued_without_the_chat_template(tiny, in_process, complete, only):
    reply = only(complete(in_process(tiny, mode="completion"), asked("abc", chat=False)))

    assert reply.prompt_tokens == len(tiny_model.tokenizer()("abc")["input_ids"])


def test_a_system_message_is_a_part_of_the_prompt(tiny, in_process, complete, only):
    without, given = (
        only(complete(in_process(tiny), asked("Hi", system=system))).prompt_tokens for system in (None, "Be brief.")
    )

    assert given > without + 5


def test_a_chat_ends_with_the_token_that_the_template_puts_after_an_answer(tiny, in_process):
    from selfinstruct.model.loading import loaded

    assert loaded(in_process(tiny))._ends == [0, 3]
    assert loaded(in_process(tiny, mode="completion"))._ends == [0]


def test_what_the_folder_says_of_sampling_is_not_used(tiny, in_process, complete, tmp_path):
    folder = tiny_model.write_model(tmp_path, spread=0.2)
    settings = {"do_sample": True, "temperature": 0.1, "repetition_penalty": 9.0, "top_k": 1, "eos_token_id": 0}
    (folder / "generation_config.json").write_text(json.dumps(settings), encoding="utf-8")

    assert texts_of(complete(in_process(folder), asked(*TEXTS))) == texts_of(complete(in_process(tiny), asked(*TEXTS)))


def test_a_template_that_cannot_render_a_prompt_ends_the_run_with_its_reason(in_process, complete, only, tmp_path):
    folder = tiny_model.write_model(tmp_path)
    template = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('No system role!') }}{% endif %}x"
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")

    failure = only(complete(in_process(folder), asked("Hi", system="Be brief."))).failure

    assert failure.kind == "fatal"
    assert "its chat template cannot render a prompt: No system role!" in failure.message


def test_a_template_runs_in_a_sandbox(in_process, complete, only, tmp_path):
    folder = tiny_model.write_model(tmp_path)
    template = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")

    assert only(complete(in_process(folder), asked("Hi"))).failure.kind == "fatal"


def test_further_parameters_are_not_ignored(tiny, in_process, complete, only):
    failure = only(complete(in_process(tiny), asked("Hi", extra={"top_k": 5, "seed": None}))).failure

    assert failure.kind == "fatal"
    assert "does not take top_k." in failure.message


def test_a_batch_is_given_up_in_the_middle(tiny, in_process):
    from selfinstruct.model.loading import loaded

    generation, calls = loaded(in_process(tiny)), count()

    with pytest.raises(CancelledError):
        generation.completions(asked("Hi", max_tokens=400), lambda: next(calls) >= 3)
    assert next(calls) == 4


def test_weights_that_are_not_numbers_end_the_run(in_process, complete, only, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tiny_model.write_model(tmp_path)
    weights = load_file(folder / "model.safetensors")
    weights["model.norm.weight"][:] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})

    failure = only(complete(in_process(folder), asked("Hi"))).failure

    assert (failure.kind, "scores are not numbers" in failure.message) == ("fatal", True)


def test_the_memory_that_the_cpu_lacks_is_recognized():
    from selfinstruct.model.loading import is_out_of_memory

    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 52)

    assert is_out_of_memory(raised.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert not is_out_of_memory(RuntimeError("size mismatch"))
