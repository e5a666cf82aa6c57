import pytest

from selfinstruct.request import Completion
from selfinstruct.text.finish_reason import TABLE, WORDS, kind_of, spelled, word_of


@pytest.mark.parametrize(
    "word",
    [
        *("length", "LENGTH", "max_tokens", "MAX_TOKENS", "maxTokens", "max-tokens", "model_length", "token_limit"),
        *("model_context_window_exceeded", "pause_turn", "ERROR_LIMIT", "max_output_tokens", "time_limit"),
        *("maxPredictedTokensReached", "contextLengthReached", "limit"),
    ],
)
def test_a_limit_cuts_a_reply_off_in_whatever_spelling(word):
    assert kind_of(word) == "cut off"
    assert Completion("text", finish_reason=word).is_cut_off


@pytest.mark.parametrize(
    "word",
    [
        *(
            "content_filter",
            "ERROR_TOXIC",
            "refusal",
            "SAFETY",
            "RECITATION",
            "OTHER",
            "BLOCKLIST",
            "SPII",
            "sensitive",
        ),
        *("PROHIBITED_CONTENT", "guardrail_intervened", "content_filtered"),
    ],
)
def test_no_text_is_trusted_that_a_filter_ended(word):
    assert kind_of(word) == "filtered"
    assert Completion("text", finish_reason=word).is_untrusted


@pytest.mark.parametrize(
    "word",
    [
        *("abort", "error", "ERROR", "cancelled", "USER_CANCEL", "MALFORMED_FUNCTION_CALL", "load", "network_error"),
        "insufficient_system_resource",
    ],
)
def test_no_text_is_trusted_that_a_fault_ended(word):
    assert kind_of(word) == "broken"
    assert Completion("text", finish_reason=word).is_untrusted


@pytest.mark.parametrize(
    "word", ["stop", "STOP", "end_turn", "stop_sequence", "eos", "eos_token", "COMPLETE", "endoftext", "FINISHED"]
)
def test_a_model_that_finished_says_so_in_many_words(word):
    assert kind_of(word) == "ended"


@pytest.mark.parametrize("word", ["tool_calls", "tool_use", "TOOL_CALL", "function_call"])
def test_a_model_may_ask_for_a_tool(word):
    assert kind_of(word) == "tool call"


@pytest.mark.parametrize("word", ["", "never heard of", "FINISH_REASON_UNSPECIFIED", "stop\ufffd"])
def test_any_other_word_says_nothing_and_its_text_counts_as_complete(word):
    completion = Completion("text", finish_reason=word)

    assert completion.finish_kind == "unknown"
    assert not completion.is_cut_off
    assert not completion.is_untrusted


def test_no_word_has_two_endings():
    assert len(TABLE) == sum(len({spelled(word) for word in words.split()}) for words in WORDS.values())


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("MAX_TOKENS", "MAX_TOKENS"),
        (None, ""),
        ({"type": "length", "length": 128}, "length"),
        ({"reason": "x"}, '{"reason": "x"}'),
        ({"type": 1}, '{"type": 1}'),
        (7, "7"),
        (["stop"], '["stop"]'),
        ("stop\ud83d", "stop\ufffd"),
        ("stop\x1b[2J", "stop\ufffd[2J"),
        ("s" * 1000, "s" * 100),
    ],
)
def test_a_word_is_kept_as_given_as_far_as_a_file_and_a_terminal_can_hold_it(given, word):
    assert word_of(given) == word
