"""Parameters that no `extra` may hold, and the key of the config to use instead.

A parameter that would bring another model's text into the data, send requests or a key elsewhere, or change how many
replies come, is refused before anything is sent.  Names are compared without case, `_` and `-`.  A provider may have a
parameter of this kind that is not known here; the name of the model that each reply gives is stored with it.
"""

import re
from collections.abc import Mapping
from typing import Any

from selfinstruct.text.pattern import lazy

INSIDE = ("extrabody", "generationconfig", "litellmparams")
"""Parameters that hold further ones, such as Gemini's `generationConfig`."""
MODEL = "could bring replies of another model into the data. Set model.name instead."
ADDRESS = "would change where requests are sent. Set model.api_base instead."
KEY = "would change the key. Name the environment variable that holds it in model.key_env instead."
HEADERS = "could change the key and where requests are sent. Set model.key_env and model.api_base instead."
COUNT = "would bring more than one reply to a request. Set recipe.<stage>.requests_per_round instead."
PROMPT = "would change the prompt. Set recipe.<stage>.prompt instead."
DECODING = "has a key of its own. Set recipe.<stage>.prompt.decoding.{name} instead."
OWN = "has a key of its own. Set model.timeout_seconds, model.attempts or model.unsupported instead."
FIXED = "is set by the program, which reads whole replies of the model, and has no other key. Remove it."
NAMES = {
    MODEL: "model models model_id model_list fallbacks default_fallbacks context_window_fallbacks route deployment_id"
    " context_window_fallback_dict content_policy_fallbacks custom_llm_provider azure use_litellm_proxy prompt_id",
    ADDRESS: "api_base base_url api_url host endpoint azure_endpoint auth_url proxy proxies",
    KEY: "api_key token azure_ad_token azure_ad_token_provider azure_username aws_access_key_id aws_session_token"
    " aws_profile_name aws_role_name vertex_credentials litellm_credential_name client_id",
    HEADERS: "headers extra_headers default_headers provider_specific_header",
    COUNT: "n best_of num_return_sequences candidate_count num_generations num_completions",
    PROMPT: "messages prompt",
    DECODING: "max_tokens temperature top_p frequency_penalty presence_penalty stop",
    OWN: "timeout request_timeout force_timeout max_retries num_retries retry_policy drop_params"
    " additional_drop_params",
    FIXED: "client http_client shared_session stream stream_options echo mock_response mock_tool_calls mock_timeout"
    " acompletion atext_completion",
}
"""What a parameter would do and what to use instead, with the parameters of this kind."""


def plain(name: object) -> str:
    """Return a name as it is compared."""
    return re.sub("[_-]", "", str(name)).lower()


KINDS = {plain(name): kind for kind, names in NAMES.items() for name in names.split()}
ENDINGS = (
    (lazy(r"(apibase|baseurl|apiurl|endpoint|authurl)$"), ADDRESS),
    (lazy(r"(apikey|accesskey|accesstoken|adtoken|secret|password|credentials)$"), KEY),
    (lazy(r"fallbacks?$"), MODEL),
)
"""How the names of providers' own parameters of a kind end, as in `aws_bedrock_runtime_endpoint`."""


def misplaced(key: str, extra: Mapping[str, Any]) -> list[str]:
    """Return one sentence for each parameter that an `extra` may not hold; `key` is that of the `extra`."""
    found = []
    for name, value in extra.items():
        if (kind := kind_of(name)) is not None:
            found.append(f"{key}.{name} {kind.format(name=name)}")
        elif plain(name) in INSIDE and isinstance(value, Mapping):
            found += misplaced(f"{key}.{name}", value)
    return sorted(found)


def kind_of(name: object) -> str | None:
    """Return what a parameter would do and what to use instead; None for one that may be sent."""
    compared = plain(name)
    return KINDS.get(compared) or next((kind for ending, kind in ENDINGS if ending.search(compared)), None)
