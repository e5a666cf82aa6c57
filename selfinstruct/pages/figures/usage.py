"""What the replies of each stage and model took: tokens, dollars and seconds, and how they ended."""

from collections import Counter
from dataclasses import dataclass, field

from selfinstruct.round import CACHED
from selfinstruct.storage.reader import STORE, RunReader
from selfinstruct.storage.totals import known
from selfinstruct.text.places import without_places

UNKNOWN = "unknown"


@dataclass(kw_only=True)
class Used:
    """The replies of a model in a stage, added up; None is unknown."""

    stage: str
    model: str
    requests: int = 0
    prompt_tokens: float | None = 0
    completion_tokens: float | None = 0
    cost_usd: float | None = 0
    cached_tokens: int = 0
    """Tokens of prompts that the provider had in its cache."""
    seconds: list[float] = field(default_factory=list)
    """Of each reply that was waited for alone."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why the replies ended, by the provider's words."""


def used(run: RunReader) -> list[Used]:
    """Return what the committed rounds used, by stage and model; without a store, by stage only."""
    stages = list(dict.fromkeys(row["stage"] for row in run.rows))
    return sorted(
        stored(run) if (run.folder / STORE).is_file() else logged(run), key=lambda each: stages.index(each.stage)
    )


def stored(run: RunReader) -> list[Used]:
    """Return what the stored replies say."""
    committed = {(row["stage"], row["round"]) for row in run.rows}
    found: dict[tuple[str, str], Used] = {}
    with run.replies() as replies:
        for reply in replies.usage():
            if (reply.stage, reply.round) not in committed:
                continue
            model = without_places(reply.model or UNKNOWN)
            each = found.setdefault((reply.stage, model), Used(stage=reply.stage, model=model))
            add(each, reply.prompt_tokens, reply.completion_tokens, reply.cost_usd)
            each.requests += 1
            each.cached_tokens += reply.cached_tokens or 0
            each.seconds += [reply.seconds] if reply.seconds else []  # 0 where a batch was waited for
            each.reasons[reply.finish_reason or UNKNOWN] += 1
    return list(found.values())


def logged(run: RunReader) -> list[Used]:
    """Return what the rounds say, which know nothing of models, times and reasons."""
    found: dict[str, Used] = {}
    for row in run.rows:
        each = found.setdefault(row["stage"], Used(stage=row["stage"], model=UNKNOWN))
        add(each, row["prompt_tokens"], row["completion_tokens"], row["cost_usd"])
        each.requests += row["asked"]
        each.cached_tokens += row.get(CACHED, 0)
    return list(found.values())


def add(each: Used, prompt: float | None, completion: float | None, cost: float | None) -> None:
    """Add tokens and dollars; a sum with an unknown part is unknown."""
    each.prompt_tokens = known([each.prompt_tokens, prompt])
    each.completion_tokens = known([each.completion_tokens, completion])
    each.cost_usd = known([each.cost_usd, cost])


def names(found: list[Used], width: int = 20) -> list[str]:
    """Return how each is called on an axis: by its stage, and below that by its model where that is known."""
    from selfinstruct.pages.figures.labels import short

    return [
        short(each.stage, width) + ("" if each.model == UNKNOWN else f"\n{short(each.model, width)}") for each in found
    ]
