"""Examples as tokens, and which of them are learned."""

import json

import pytest
import tiny_model
from tiny_model import END, EOS, START

from selfinstruct.errors import SelfInstructError
from selfinstruct.trainer.rows import Example, examples_in
from selfinstruct.trainer.tokens import NOT_LEARNED, check_template, encoded, fitting, nothing_left, reported

pytest.importorskip("transformers", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow

HIDDEN = """{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] }}\
{{ '<|im_end|>' }}{% endfor %}\
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think></think>' }}{% endif %}"""
"""A template that writes more before an answer that is to come than before one that is there, as Qwen 3's does."""
STRICT = """{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"""


def turns(*pairs):
    return [{"role": role, "content": content} for role, content in pairs]


ASKED = turns(("user", "Add 1 and 2."))
TOLD = turns(("system", "Be brief."), ("user", "Add 1 and 2."))
TALK = [*TOLD, *turns(("assistant", "3"), ("user", "And 4?"))]
MARKED = {"plain": "plain", "marked": "marked"}


def halves(example, tokenizer):
    """The text that is shown and the text that is learned, by the labels."""
    (row,) = fitting([example], tokenizer, None, cut=False).rows
    shown = [token for token, label in zip(row.input_ids, row.labels, strict=True) if label == NOT_LEARNED]
    learned = [label for label in row.labels if label != NOT_LEARNED]
    assert row.input_ids == shown + learned
    return tokenizer.decode(shown), tokenizer.decode(learned)


@pytest.mark.parametrize("template", ["plain", "marked"])
@pytest.mark.parametrize("messages", [ASKED, TOLD, TALK], ids=["a question", "a system message", "several turns"])
def test_only_the_last_answer_and_its_end_are_learned(messages, template):
    shown, learned = halves(Example("x", messages, "The sum is 7."), tiny_model.tokenizer(template))

    written = "".join(f"{START}{turn['role']}\n{turn['content']}{END}\n" for turn in messages)
    assert shown == f"{written}{START}assistant\n"
    assert learned == f"The sum is 7.{END}\n"


def test_an_empty_answer_teaches_its_end(tokenizer):
    assert halves(Example("x", ASKED, ""), tokenizer)[1] == f"{END}\n"
    assert halves(Example("x", "Say nothing.", ""), tokenizer) == ("Say nothing.", EOS)


def test_a_text_is_shown_and_its_completion_with_the_end_token_is_learned(tokenizer):
    assert halves(Example("x", "2 + 2 =\nOutput:", " It is 4."), tokenizer) == ("2 + 2 =\nOutput:", f" It is 4.{EOS}")


@pytest.mark.parametrize("end", ["", "<|endoftext|>"])
def test_an_end_marker_is_learned_once(end, tokenizer, write_rows, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [{"prompt": "2 + 2 =", "completion": f" 4{end}"}])
    for mode in ("completion", "chat"):
        (example,) = examples_in(path, mode)
        ids, _, _ = encoded(example, tokenizer)
        assert ids.count(tokenizer.eos_token_id) == (1 if mode == "completion" else 0)


def test_a_token_of_prompt_and_completion_together_is_learned(tokenizer):
    prompt, completion = "Output: th", "e"
    alone, together = (tokenizer(text)["input_ids"] for text in (prompt, prompt + completion))
    assert alone[-1] != together[len(alone) - 1], "choose texts that this tokenizer joins"

    shown, learned = halves(Example("x", prompt, completion), tokenizer)

    assert shown + learned == prompt + completion + EOS
    assert shown == tokenizer.decode(alone[:-1]) or prompt.startswith(shown)
    assert learned.startswith(prompt.removeprefix(shown))
    assert shown != prompt


def test_a_tokenizer_that_ends_each_text_itself_is_given_no_second_end(tokenizer):
    from tokenizers.processors import TemplateProcessing

    ending = tiny_model.tokenizer()
    ending.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"$A {EOS}", special_tokens=[(EOS, ending.eos_token_id)]
    )

    assert halves(Example("x", "2 + 2 =", " It is 4."), ending) == ("2 + 2 =", f" It is 4.{EOS}")


def test_the_prompt_is_learned_as_well_where_it_is_asked_for(tokenizer):
    (row,) = fitting([Example("x", ASKED, "3")], tokenizer, None, cut=False, loss_on_prompt=True).rows

    assert row.labels == row.input_ids


def test_a_template_that_writes_prompts_differently_inside_a_conversation_is_counted(tokenizer):
    tokenizer = tiny_model.tokenizer("plain")
    tokenizer.chat_template = HIDDEN

    found = fitting([Example("a", ASKED, "3"), Example("b", TOLD, "3")], tokenizer, None, cut=False)

    assert found.unaligned == ["a", "b"]
    (sentence,) = reported(found, 64)
    assert sentence == (
        "2 of 2 rows are written differently by the chat template where the answer follows: a, b. Some tokens of their"
        " prompts are learned as well."
    )


def test_templates_that_write_a_prompt_as_it_is_are_not_counted(tokenizer):
    assert fitting([Example("a", ASKED, "3"), Example("b", TALK, "\nline")], tokenizer, None, cut=False).unaligned == []


def test_a_template_that_refuses_a_conversation_is_an_error_with_the_key_to_change():
    tokenizer = tiny_model.tokenizer("plain")
    tokenizer.chat_template = STRICT

    with pytest.raises(
        SelfInstructError, match=r"roles system, user: System role not supported\. Remove such rows, or"
    ):
        encoded(Example("x", TOLD, "3"), tokenizer)


SHORT, LONG = Example("short", ASKED, "3"), Example("long", ASKED, "three " * 50)
HOPELESS = Example("hopeless", turns(("user", "one " * 80)), "3")
MOST = 40


def test_rows_that_are_too_long_are_dropped_and_named(tokenizer):
    found = fitting([SHORT, LONG, HOPELESS], tokenizer, MOST, cut=False)

    assert [(row.name, row.place) for row in found.rows] == [("short", 0)]
    assert found.dropped == ["long", "hopeless"]
    assert reported(found, MOST) == [
        (
            "2 of 3 rows are longer than trainer.max_length and left out: long, hopeless. Set trainer.max_length (now"
            " 40) higher to train on all of them."
        )
    ]


def test_rows_that_are_too_long_are_cut_where_something_is_left_to_learn(tokenizer):
    found = fitting([SHORT, LONG, HOPELESS], tokenizer, MOST, cut=True)

    assert [row.name for row in found.rows] == ["short", "long"]
    assert found.cut == ["long"]
    assert found.dropped == ["hopeless"]
    assert len(found.rows[1].input_ids) == len(found.rows[1].labels) == MOST
    assert [text.split(":")[0] for text in reported(found, MOST)] == [
        "1 of 3 rows are longer than trainer.max_length and left out",
        "1 of 3 rows are longer than trainer.max_length and cut",
    ]


def test_a_row_of_exactly_the_length_is_whole(tokenizer):
    length = len(encoded(SHORT, tokenizer)[0])

    assert len(fitting([SHORT], tokenizer, length, cut=False).rows) == 1
    assert len(fitting([SHORT], tokenizer, length - 1, cut=False).rows) == 0


def test_a_row_without_anything_to_learn_is_left_out_and_named():
    tokenizer = tiny_model.tokenizer()
    tokenizer.eos_token = None

    found = fitting([Example("x", "Say nothing.", "")], tokenizer, None, cut=False)

    assert (found.rows, found.empty, found.dropped) == ([], ["x"], [])
    assert reported(found, None) == [
        "1 of 1 rows are left out, for they have nothing to learn: x. Their completions are empty, or equal in a pair."
    ]
    assert nothing_left(found, "rows.jsonl", None) == "rows.jsonl has no row left to train on: 1 have nothing to learn."


def test_a_pair_is_both_answers_after_one_prompt(tokenizer):
    (row,) = fitting([Example("x", ASKED, "three", "two")], tokenizer, None, cut=False).rows

    assert (row.input_ids, row.rejected.input_ids) == tuple(
        encoded(Example("x", ASKED, answer), tokenizer)[0] for answer in ("three", "two")
    )
    assert row.input_ids[: row.shown] == row.rejected.input_ids[: row.rejected.shown]
    assert row.size == len(row.input_ids) + len(row.rejected.input_ids)


@pytest.mark.parametrize(("chosen", "rejected"), [("three", "three " * 50), ("three " * 50, "three")])
def test_a_pair_is_too_long_where_one_of_its_answers_is(chosen, rejected, tokenizer):
    pair = Example("x", ASKED, chosen, rejected)

    assert fitting([pair], tokenizer, MOST, cut=False).dropped == ["x"]
    (row,) = fitting([pair], tokenizer, MOST, cut=True).rows
    assert max(len(row.input_ids), len(row.rejected.input_ids)) == MOST


def test_a_pair_of_equal_answers_has_nothing_to_learn(tokenizer):
    found = fitting([Example("x", ASKED, "three", "three")], tokenizer, None, cut=False)

    assert (found.rows, found.empty) == ([], ["x"])


def test_ten_rows_are_named_and_the_others_are_counted(tokenizer):
    found = fitting([Example(str(number), ASKED, "three " * 50) for number in range(1200)], tokenizer, MOST, cut=False)

    (sentence,) = reported(found, MOST)

    assert sentence.startswith("1,200 of 1,200 rows are longer than")
    assert "left out: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …. Set" in sentence


def test_a_model_without_a_chat_template_is_refused_for_messages_only():
    bare = tiny_model.tokenizer()

    check_template(bare, "a/model", "completion")
    check_template(tiny_model.tokenizer("plain"), "a/model", "chat")
    with pytest.raises(SelfInstructError, match=r"a/model has no chat template.*Set trainer\.chat_template to a file"):
        check_template(bare, "a/model", "chat")


def test_a_text_longer_than_the_context_is_encoded_without_a_warning(tokenizer, capfd):
    ids, _, _ = encoded(Example("x", ASKED, "three " * 600), tokenizer)

    assert len(ids) > tokenizer.model_max_length
    assert capfd.readouterr().err == ""
    json.dumps(ids)
