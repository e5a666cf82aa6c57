"""Grow the pool by the recipe: every stage in the order written, every round logged when it is committed.

The stages are run again and again, until none of them has anything to do: Self-Instruct is done after one pass, and in
Evol-Instruct each pass is a generation.  A stage itself knows what is left of it, by the pool and by its own rounds,
and the last committed round says with which stage a run resumes.  Rejected: to start each time with the first stage,
which would start the next generation while a judge has still to rate the one before.

A stage that the budget stopped has not ended, and no other is run after it: its pool is not complete yet.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import takewhile
from math import inf
from random import Random
from typing import TYPE_CHECKING, ClassVar

from selfinstruct.actions.effects import idle, ineffective
from selfinstruct.actions.embedding import embedder_problems, embedders, spelling_only
from selfinstruct.actions.filter_files import filter_problems
from selfinstruct.actions.preflight import doubts
from selfinstruct.budget import NOTHING, BudgetTracker, Usage, most_of, used
from selfinstruct.errors import DataError, SelfInstructError
from selfinstruct.filters import digest_of
from selfinstruct.model import Model, ModelClient, Selective
from selfinstruct.model.batches import Batching
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.recipe import ModelStage, NullModel, Reading, Stage, StageContext, asking
from selfinstruct.recipe.annotate import Annotate
from selfinstruct.request import Decoding
from selfinstruct.sampler import Various
from selfinstruct.storage.differences import changed_outside
from selfinstruct.storage.folder import stored_values
from selfinstruct.storage.journal import has_rounds
from selfinstruct.storage.recording import CachedModel, client_of
from selfinstruct.storage.resumption import refused_changes, store_changes
from selfinstruct.storage.totals import known, seconds, totals

if TYPE_CHECKING:
    from selfinstruct.run import Run

LOG = logging.getLogger(__name__)

NO_VARIANT = "has no JSON schema under the key 'structured'. Add one, or set structured=false."
UNKNOWN = Usage(0, inf, inf)
"""Stands for a cost that is unknown, since not all of the replies are stored any more."""


@part
class Generate:
    """Runs the stages of the recipe."""

    asks: ClassVar[bool] = True
    is_apart: ClassVar[bool] = False

    def problems(self, run: "Run") -> list[str]:
        """Report bad seeds and files of filters, prompts that cannot be rendered, and models that could not answer."""
        problems = seed_problems(run) + filter_problems(run) + model_problems(run) + embedder_problems(run)
        if not has_rounds(run.start.folder):
            return problems
        folder, declared = run.start.folder, run.start.declared
        problems += refused_changes(folder, declared)
        outside = changed_outside(stored_values(folder), declared, run.start.config)
        return [*problems, *(found.sentence for found in outside)]

    def __call__(self, run: "Run") -> None:
        """Continue where the run folder ends; a new one starts with the seeds."""
        if not run.journal.rounds:
            run.begin(run.seeds.load() if asking(run.recipe) else ())
        else:
            start = run.start
            store_changes(start.folder, start.declared, start.overrides, flags=start.flags, resolved=start.config)
        if names := unbatched(run):
            what = "sent one by one at the full price, since they show what was kept before"
            LOG.warning("model.batch: the requests of %s are %s.", " and ".join(names), what)
        for sentence in doubts(run.recipe, run.pool, run.budget) + spelling_only(run):
            LOG.warning(sentence)
        budget = run.budget_tracker = BudgetTracker(run.budget, spent(run), seconds(run.journal.timings))
        with ExitStack() as sessions:
            opened: list[CachedModel] = []
            clients = embedders(run.recipe, run.start.folder, sessions)
            names = left(run)
            is_whole = len(names) == len(run.recipe)
            while budget.empty is None:
                before = len(run.journal.rounds)
                for name in takewhile(lambda _: budget.empty is None, names):
                    stage = run.recipe[name]
                    model: ModelClient = NullModel()
                    if isinstance(stage, ModelStage):
                        model = client_of(stage.model or run.model, run.store, opened, sessions, run.tally)
                    log_rounds(run, name, stage, model, budget, clients[name])
                if is_whole and before == len(run.journal.rounds):
                    break
                names, is_whole = list(run.recipe), True
            fruitless(run, budget, [name for name, stage in run.recipe.items() if not isinstance(stage, Annotate)])
            for sentence in idle(run.recipe, run.journal.of) if budget.empty is None else ():
                LOG.warning(sentence)


def log_rounds(
    run: "Run",
    name: str,
    stage: Stage,
    model: ModelClient,
    budget: BudgetTracker,
    embedders: Mapping[str, ModelClient],
) -> None:
    """Log every round that a stage makes now."""
    batched = model.batched if isinstance(stage, Annotate) and isinstance(model, CachedModel) else None
    context = StageContext(
        name=name,
        pool=run.pool,
        model=batched or model,
        is_batched=batched is not None,
        budget=budget,
        random_seed=run.random_seed,
        logged_rounds=tuple(run.journal.of(name)),
        embedders=embedders,
    )
    read = digest_of(stage.filters)
    for round_ in stage.rounds(context):
        run.log(replace(round_, filter_files=read))
    if stage.target is not None:
        fruitless(run, budget, [name])


def unbatched(run: "Run") -> list[str]:
    """Return the stages whose requests depend on each other, although their model sends batches."""
    models = {name: stage.model or run.model for name, stage in asking(run.recipe).items()}
    batching = [name for name, model in models.items() if isinstance(model, Batching) and model.batch]
    return [name for name in batching if not isinstance(run.recipe[name], Annotate)]


def left(run: "Run") -> list[str]:
    """Return the stages that are left of the pass in which a run stopped."""
    names = list(run.recipe)
    last = run.journal.rounds[-1] if run.journal.rounds else {}
    if last.get("stage") not in names:
        return names
    return names[names.index(last["stage"]) + ("ended" in last) :]


def fruitless(run: "Run", budget: BudgetTracker, names: Sequence[str]) -> None:
    """Raise SelfInstructError for a stage that has made no tasks although it should, and the budget is not spent."""
    for name in names:
        rounds = run.journal.of(name)
        if not any(row["kept"] for row in rounds) and budget.empty is None:
            rejected = totals(rounds)["rejected"]
            most = max(rejected, key=rejected.__getitem__, default="nothing")
            raise SelfInstructError(
                f"{name} kept nothing. Most candidates were rejected by '{most}' ({rejected.get(most, 0)});"
                " rejected.jsonl has the reasons."
            )


def spent(run: "Run") -> Usage:
    """Return what the run has spent before: in its rounds, and on replies that no round needs."""
    committed = totals(run.journal.rounds)
    last = {name: rows[-1] for name in run.recipe if (rows := run.journal.of(name))}
    guessing = {name for name, stage in run.recipe.items() if stage.target is not None}  # others need all they ask
    ended = {name: row["round"] for name, row in last.items() if name in guessing and "ended" in row}
    lost = run.store.beyond(ended)
    requests = committed["asked"] + lost["requests"]
    tokens = known(part[key] for part in (committed, lost) for key in ("prompt_tokens", "completion_tokens"))
    usd = known(part["cost_usd"] for part in (committed, lost))
    if tokens is None or usd is None:
        counted = {name: inf if name in ended else row["round"] for name, row in last.items()}
        stored = estimated(run, counted)
        is_whole = stored.requests >= requests - committed["failed"]
        return replace(used(tokens, usd, stored if is_whole else UNKNOWN), requests=requests)
    return Usage(requests, tokens, usd)


def estimated(run: "Run", last: Mapping[str, float]) -> Usage:
    """Return what the stored replies have used, in each stage up to a round; unknown usage counts as its maximum."""
    total = NOTHING
    for name, stage in asking(run.recipe).items():
        model, max_tokens = stage.model or run.model, stage.prompt.decodings()[0].max_tokens
        rates = None if run.budget.usd is None else model.pricing()
        for number, size, tokens, usd in run.store.usage(name):
            if number <= last.get(name, 0):
                total += used(tokens, usd, most_of(size, max_tokens, rates))
    return total


def model_problems(run: "Run") -> list[str]:
    """Report what would keep a model from answering, and what it would refuse of any stage, without asking it.

    What only the server knows of a stage is found when that stage is asked; its keys can then still be changed
    (resumption.py).
    """
    asked: dict[str, tuple[Model, dict[str, tuple[Decoding, Decoding]]]] = {}
    for name, stage in asking(run.recipe).items():
        key = "model" if stage.model is None else f"recipe.{name}.model"
        asked.setdefault(key, (stage.model or run.model, {}))[1][name] = stage.prompt.decodings()
    problems: list[str] = []
    for key, (model, stages) in asked.items():
        found = model.problems()
        if not found and isinstance(model, Selective):
            found = model.unsupported_parameters(key, stages)
        problems += found
    if problems or run.budget.usd is None:
        return problems
    return [
        f"budget.usd needs the price of {model.name}, which is not known. Set model.price.prompt and "
        "model.price.completion, in US dollars per million tokens, or use budget.tokens."
        for model in run.models
        if model.pricing() is None
    ]


def seed_problems(run: "Run") -> list[str]:
    """Report bad data and seeds, and prompts that cannot be rendered of them."""
    problems = [text for stage in run.recipe.values() if isinstance(stage, Reading) for text in stage.problems()]
    try:
        seeds = Pool(run.seeds.load() if asking(run.recipe) else ())
    except DataError as error:
        return problems + error.problems
    for name, stage in asking(run.recipe).items():
        problems += prompt_problems(f"recipe.{name}", stage, seeds, (stage.model or run.model).mode == "chat")
        if run.start.declared.get("structured") is True and stage.prompt.structured is None:
            problems.append(f"recipe.{name}.prompt {NO_VARIANT}")
    return problems if problems or has_rounds(run.start.folder) else ineffective(run.recipe, seeds)


def prompt_problems(key: str, stage: ModelStage, seeds: Pool, chat: bool) -> list[str]:
    """Report what keeps a stage from rendering its first prompts, by rendering one of each kind from the seeds."""
    sampler = stage.sampler
    try:
        samples = sampler.previews(seeds) if isinstance(sampler, Various) else [stage.preview(seeds, Random(0))]
    except ValueError as error:
        return [f"{key}.sampler {error}.".replace("{key}", f"{key}.sampler")]
    found = [f"{key}.prompt.{text}" for sample in samples for text in stage.prompt.problems(sample, chat)]
    return list(dict.fromkeys(found))
