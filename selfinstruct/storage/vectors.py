"""The vectors of a run, in `vectors.sqlite`: what they took, and as lines of a capsule.

The file has the tables of `completions.sqlite`; an embedder's text is the prompt, and its vector the reply.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selfinstruct.storage.replies import Replies
from selfinstruct.storage.schema import reading

VECTORS = "vectors.sqlite"


def usage(folder: Path) -> dict[str, Any] | None:
    """Return how many texts a run has embedded, with their tokens and cost, None for unknown; None without vectors."""
    if not (folder / VECTORS).exists():
        return None
    known = [f"CASE WHEN COUNT({name}) = COUNT(*) THEN TOTAL({name}) END" for name in ("prompt_tokens", "cost_usd")]
    with reading(folder / VECTORS) as connection:
        query = f"SELECT COUNT(*), {', '.join(known)} FROM replies"  # noqa: S608  (constants)
        texts, tokens, cost = connection.execute(query).fetchone()
    return {"texts": texts, "tokens": None if tokens is None else int(tokens), "cost_usd": cost}


def stored(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the vectors of a run as rows, in an order that does not depend on when they came."""
    with reading(folder / VECTORS) as connection:
        for reply in Replies(connection).in_order([]):
            row = {"embedder": reply.fingerprint, "text": reply.prompt, "vector": reply.completion.text}
            yield row | {"tokens": reply.completion.prompt_tokens, "cost_usd": reply.completion.cost_usd}
