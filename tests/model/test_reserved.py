"""What no `extra` may hold."""

import pytest

from selfinstruct.model.reserved import misplaced


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        *((name, "Set model.name instead.") for name in ("model", "fallbacks", "custom_llm_provider", "models")),
        *((name, "Set model.name instead.") for name in ("model_id", "context_window_fallback_dict", "deployment_id")),
        *((name, "Set model.api_base instead.") for name in ("api_base", "base_url", "azure_endpoint", "proxy")),
        *((name, "Set model.api_base instead.") for name in ("aws_bedrock_runtime_endpoint", "gigachat_auth_url")),
        *((name, "in model.key_env instead.") for name in ("api_key", "azure_ad_token", "client_secret", "token")),
        *((name, "Set model.key_env and model.api_base instead.") for name in ("extra_headers", "headers")),
        *((name, "Set recipe.<stage>.requests_per_round instead.") for name in ("n", "best_of", "candidateCount")),
        ("max_tokens", "Set recipe.<stage>.prompt.decoding.max_tokens instead."),
        ("messages", "Set recipe.<stage>.prompt instead."),
        ("timeout", "Set model.timeout_seconds, model.attempts or model.unsupported instead."),
        ("num_retries", "Set model.timeout_seconds, model.attempts or model.unsupported instead."),
        ("drop_params", "Set model.timeout_seconds, model.attempts or model.unsupported instead."),
        ("mock_response", "Remove it."),
    ],
)
def test_a_parameter_that_changes_who_answers_or_how_often_is_refused_with_the_key_to_use(name, instead):
    (problem,) = misplaced("model.extra", {name: "x", "top_k": 1})

    assert problem.startswith(f"model.extra.{name} ")
    assert problem.endswith(instead)


def test_parameters_within_a_body_are_refused_too():
    extra = {"extra_body": {"models": ["other"], "top_k": 1}, "generationConfig": {"candidateCount": 2, "topK": 3}}

    assert [text.partition(" ")[0] for text in misplaced("model.extra", extra)] == [
        "model.extra.extra_body.models",
        "model.extra.generationConfig.candidateCount",
    ]


def test_what_only_shapes_a_reply_or_names_an_account_may_be_sent():
    numbers = {"top_k": 1, "min_tokens": 5, "seed": 1, "num_ctx": 8192, "num_predict": 4, "no_repeat_ngram_size": 3}
    texts = {"api_version": "2024-10-21", "eos_token": "x", "service_tier": "flex", "reasoning_effort": "low"}
    accounts = {"vertex_project": "p", "vertex_location": "l", "aws_region_name": "r", "provider": {"order": ["one"]}}
    bodies = {"chat_template_kwargs": {"model": "x"}, "thinking": {"budget_tokens": 1024}, "max_completion_tokens": 5}
    free = {**numbers, **texts, **accounts, **bodies}

    assert misplaced("model.extra", free) == []
