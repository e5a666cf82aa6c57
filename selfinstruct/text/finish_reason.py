"""Why a reply ended: one table from the words of all providers to what they mean for the text.

A provider's word is stored as it was given, and every decision rests on its kind, which is derived on reading.
Providers spell one word in several ways (`MAX_TOKENS`, `maxTokens`), so case, spaces, hyphens and underscores do not
count.

The words come from the references of the APIs: OpenAI, Azure, Anthropic, Gemini and Vertex AI, Cohere v1 and v2,
Mistral, Amazon Bedrock (Converse, Titan), IBM watsonx, AI21, DeepSeek, Zhipu, Together, Aleph Alpha, Hugging Face TGI,
Ollama, llama.cpp, LM Studio, vLLM and SGLang.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

FinishKind: TypeAlias = Literal["ended", "cut off", "filtered", "broken", "tool call", "unknown"]
"""`ended`: the model finished; `cut off`: a limit stopped it, and what stands before the break is whole; `filtered`: a
filter stopped it, for what stands in the prompt or the text; `broken`: a fault of the provider stopped it; `tool call`:
it asked for a tool; `unknown`: the provider gave no word, or one that is not in the table, and the text is used as if
the model had finished.  No text is used that was filtered or broken."""

WORDS: Mapping[FinishKind, str] = {
    "ended": """
        stop stop_sequence end_turn eos eos_token end_of_text endoftext end_of_sequence complete completed finished
        finish done normal success succeeded stop_criteria_met stop_sequence_reached stop_string_found eos_found word
    """,
    "cut off": """
        length max_tokens max_length max_new_tokens max_output_tokens maximum_tokens max_completion_tokens model_length
        model_context_window_exceeded context_length context_length_exceeded context_length_reached context_window
        context_window_exceeded token_limit token_limit_reached max_tokens_reached max_predicted_tokens_reached
        error_limit limit time_limit timeout not_finished incomplete pause_turn compaction
    """,
    "filtered": """
        content_filter content_filtered content_policy content_policy_violation moderation sensitive safety refusal
        recitation language other blocklist blocked prohibited_content spii escalation image_safety error_toxic
        image_prohibited_content image_recitation image_other no_image guardrail guardrails guardrail_intervened
    """,
    "broken": """
        abort aborted cancel cancelled canceled user_cancel user_stopped interrupted error errored failed failure
        network_error server_error internal_error insufficient_system_resource preempted load unload model_unloaded
        unclosed_stream malformed malformed_response malformed_function_call malformed_model_output malformed_tool_use
        unexpected_tool_call too_many_tool_calls missing_thought_signature
    """,
    "tool call": "tool_call tool_calls tool_use function_call function_calls",
}
"""The words of each kind, as most providers spell them."""
LONGEST = 100
"""Characters of a word that are stored; a reason is a word, and a server may send anything."""


def spelled(word: str) -> str:
    """Return a word without what providers spell differently."""
    return re.sub(r"[\s_-]", "", word).casefold()


TABLE: Mapping[str, FinishKind] = {spelled(word): kind for kind, words in WORDS.items() for word in words.split()}


@lru_cache(maxsize=256)  # a run meets few words, each of them for every reply
def kind_of(word: str) -> FinishKind:
    """Return what a provider's word means for the text of the reply."""
    return TABLE.get(spelled(word), "unknown")


def word_of(value: object) -> str:
    """Return the word in what a provider gives as the reason, empty where it gives none.

    SGLang gives an object whose `type` is the word.  Other objects and numbers are kept as JSON.  What no file or
    terminal can hold becomes U+FFFD.
    """
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        value = value["type"]
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = text[:LONGEST]
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
