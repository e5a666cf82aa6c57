from selfinstruct.model.litellm_batches import Bodies
from selfinstruct.model.prompt_cache import PromptCache

HEAD = "Here is what to do, at length. " * 20


def prompts(cache, asked):
    return [cache.prompt(request)["messages"][-1]["content"] for request in asked]


def test_what_prompts_of_claude_have_in_common_is_marked_up_to_a_line(requests):
    found = prompts(PromptCache("anthropic/claude-haiku-4-5"), requests(3, HEAD + "\nTask: write {}"))

    head = {"type": "text", "text": f"{HEAD}\n", "cache_control": {"type": "ephemeral"}}
    assert found[0] == f"{HEAD}\nTask: write 0"
    assert found[1:] == [[head, {"type": "text", "text": f"Task: write {number}"}] for number in (1, 2)]


def test_nothing_is_marked_where_prompts_have_no_line_in_common(requests):
    found = prompts(PromptCache("anthropic/claude-haiku-4-5"), requests(2, "{} " + HEAD))

    assert found == [f"0 {HEAD}", f"1 {HEAD}"]


def test_nothing_is_marked_for_a_provider_that_caches_by_itself(requests):
    found = prompts(PromptCache("openai/gpt-4o-mini"), requests(2, HEAD + "\nTask: {}"))

    assert found == [f"{HEAD}\nTask: 0", f"{HEAD}\nTask: 1"]


def test_the_prompts_of_a_batch_of_anthropics_are_marked(settings, requests):
    from selfinstruct.model.litellm import LiteLLM

    name = "anthropic/claude-haiku-4-5"
    bodies = Bodies(LiteLLM(**settings, name=name, api_base=None), "claude-haiku-4-5", "anthropic")
    found = [bodies.body(request) for request in requests(2, HEAD + "\nTask: {}", max_tokens=5)]

    (message,) = found[1]["messages"]
    assert message["content"][0]["cache_control"] == {"type": "ephemeral"}
    assert found[1]["max_tokens"] == 5
