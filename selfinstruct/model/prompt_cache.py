"""Mark how prompts begin for the cache of a provider that wants it to be named.

OpenAI, Gemini and most servers find by themselves what prompts have in common.  Anthropic reads and writes its cache
where a block of the prompt is marked.  What the prompts of a stage have in common is learned from them, up to a line
break, so that it does not end within a task; a beginning that is too short to be cached costs nothing to mark.
"""

from typing import Any

from selfinstruct.model.arguments import prompt_of
from selfinstruct.model.connection import loaded
from selfinstruct.request import Request
from selfinstruct.text.prefixes import PromptPrefixes

MARK = {"cache_control": {"type": "ephemeral"}}  # for five minutes after the last use


class PromptCache:
    """The beginnings of the prompts that a model was sent."""

    def __init__(self, name: str) -> None:
        self._is_marked = "claude" in name and bool(loaded().utils.supports_prompt_caching(name))
        self._heads: dict[str, PromptPrefixes] = {}

    def prompt(self, request: Request) -> dict[str, Any]:
        """Return the prompt as it is sent, in two blocks where others began alike."""
        prompt = prompt_of(request)
        if not self._is_marked or not request.chat:
            return prompt
        shared = self._heads.setdefault(request.stage, PromptPrefixes()).of(request.text)
        size = shared.rfind("\n") + 1
        head, rest = request.text[:size], request.text[size:]
        if head.strip() and rest.strip():
            blocks = [{"type": "text", "text": head, **MARK}, {"type": "text", "text": rest}]
            prompt["messages"][-1]["content"] = blocks
        return prompt
