"""Write the scores of a benchmark: `scores.md` for people, `scores.csv` and `scores.json` for programs, `scores.tex`.

One form for all benchmarks: a line for all items, one for each group and one for each task, each with its figures,
which are between 0 and 1 (percent in the tables for people), and their intervals of 95 %.  All of it is computed from
the pool, so that `actions=[score]` scores a finished run again at no cost.  `answers.jsonl` has each answer with its
figures; a pairwise comparison reads it, and so does a comparison of models.

A number alone misleads, so what limits it stands above the table: answers that are no model's, a judge that grades its
own answers, replies that were cut off, references that stand in the training data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from selfinstruct.actions import bertscore
from selfinstruct.actions.score_table import answer_lines, as_json, as_latex, as_markdown, as_rows
from selfinstruct.actions.training_overlap import overlaps
from selfinstruct.benchmarks import TUNED
from selfinstruct.errors import RunFolderError
from selfinstruct.metrics import tables as tables_of
from selfinstruct.metrics.execution_accuracy import ExecutionAccuracy
from selfinstruct.metrics.table import Figure, Line, Table
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.recipe import asking
from selfinstruct.storage.folder import replace_text
from selfinstruct.storage.reader import no_run
from selfinstruct.task import OFFLINE, SCRIPTED, stand_ins
from selfinstruct.text.escaping import csv_text
from selfinstruct.text.finish_reason import kind_of

if TYPE_CHECKING:
    from selfinstruct.run import Run

ANSWERS = "answers.jsonl"
NOTHING = (
    "it has no answer of recipe=superni, user_oriented, pairwise or instruction_induction, and no verdict of"
    " recipe/judge@recipe=quality"
)
NAMES = {OFFLINE: "the offline grammar", SCRIPTED: "a script"}


@part
class Score:
    """Writes the scores of a run that answered a benchmark."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = False

    training_data: list[Path]
    """Datasets that the model was trained on, as far as they are known: a reference of which 13 words in a row stand in
    one of them is reported."""
    bertscore: bool
    """Whether to compare induced instructions with those of people by BERTScore; needs the extra `bertscore`."""
    bertscore_model: str | None
    """Its model, by name or folder; null for the package's own choice for English, roberta-large."""
    bertscore_layers: Annotated[int, Field(ge=1)] | None
    """The layer of the model that is compared; null for the package's own choice, which it has for models it knows."""
    bertscore_baseline: str | None
    """Name of the model whose baseline rescales the scores, for one in a folder (roberta-large, where it is that one);
    null for that of the model's own name. Scores without a baseline are raw, and `scores.md` says so."""

    def problems(self, run: "Run") -> list[str]:
        """Report a folder without a run, training data that is not there, and BERTScore without its package."""
        lost = [f"score.training_data: {path} is not a file." for path in self.training_data if not path.is_file()]
        settings = (self.bertscore_model, self.bertscore_layers, self.bertscore_baseline)
        return [*no_run(run, self), *lost, *(bertscore.problems(*settings) if self.bertscore else [])]

    def __call__(self, run: "Run") -> None:
        """Write all files; raises RunFolderError where there is nothing to score and no dataset to write after it."""
        metrics = [metric for stage in asking(run.recipe).values() for metric in stage.metrics.values()]
        tables = tables_of(metrics, run.pool)
        if not tables:
            why = NOTHING if run.stopped is None else f"the run was stopped by its {run.stopped.reason}"
            if "export" not in run.actions:
                raise RunFolderError(f"{run.start.folder} holds nothing to score: {why}.")
            run.remarks.append(f"Nothing was scored: {why}.")
            return
        cautions = [*cautions_of(run), *self._overlaps(run.pool)]
        if self.bertscore:
            tables = [with_bertscore(table, self._near(run.pool)) for table in tables]
            cautions.append(self._rescaling)
        run.scores |= {table.benchmark: table.overall for table in tables}
        folder = run.start.folder
        replace_text(folder / "scores.json", as_json(tables, run.start.models, cautions))
        replace_text(folder / "scores.csv", csv_text(as_rows(tables)))
        replace_text(folder / "scores.md", as_markdown(tables, run.start.models, cautions))
        replace_text(folder / "scores.tex", as_latex(tables))
        if any(item.answer is not None for table in tables for item in table.items):
            replace_text(folder / ANSWERS, "".join(f"{line}\n" for line in answer_lines(tables, run.pool)))

    def _overlaps(self, pool: Pool) -> Iterator[str]:
        """Yield what of the references stands in the training data."""
        found = overlaps(pool, self.training_data)
        if found:
            total = sum(len(task.references) for task in pool)
            yield (
                f"{len(found)} of {total} references share 13 words in a row with the training data, as that of"
                f" {found[0]}: the model may have seen them."
            )

    @property
    def _rescaling(self) -> str:
        """Say whether the scores of BERTScore are rescaled."""
        if name := bertscore.baseline_of(self.bertscore_model, self.bertscore_baseline):
            return f"`bertscore` is rescaled by the baseline of {name}: unrelated sentences have about 0."
        return (
            f"`bertscore` is raw, for no baseline of {self.bertscore_model} is known: unrelated sentences score far"
            " above 0. Set score.bertscore_baseline, if the model has one."
        )

    def _near(self, pool: Pool) -> dict[str, float]:
        """Return the BERTScore of each family: the mean over its predictions."""
        known = {task.attributes["family"]: task for task in pool if task.is_human and "family" in task.attributes}
        asked = [task for task in pool if not task.is_human and task.attributes.get("family") in known]
        references = [known[task.attributes["family"]].attributes["instructions"] for task in asked]
        texts = [task.instruction for task in asked]
        settings = (self.bertscore_model, self.bertscore_layers, self.bertscore_baseline)
        by_family: dict[str, list[float]] = {}
        for task, score in zip(asked, bertscore.similarities(texts, references, *settings), strict=True):
            by_family.setdefault(task.attributes["family"], []).append(score)
        return {name: sum(found) / len(found) for name, found in by_family.items()}


def with_bertscore(table: Table, near: Mapping[str, float]) -> Table:
    """Return the table of induced instructions with the BERTScore of each family, and their mean."""
    if table.benchmark != ExecutionAccuracy.benchmark or not near:
        return table
    means = {**near, "all": sum(near.values()) / len(near)}

    def widened(line: Line) -> Line:
        if line.name not in means:
            return line
        return replace(line, figures={**line.figures, "bertscore": Figure(round(means[line.name], 6))})

    return replace(table, lines=[widened(line) for line in table.lines])


def taught_by(run: "Run") -> list[str]:
    """Return the models that wrote what the model of a benchmark was tuned on, as far as that is known."""
    is_tuned = run.outer is not None and run.start.folder.name.endswith(f"_{TUNED}")
    return list(run.outer.training["dataset"].get("models", ())) if run.outer is not None and is_tuned else []


def is_judge(stage: object) -> bool:
    """Return whether a stage judges answers, and gives none."""
    asks_for = getattr(getattr(stage, "sampler", None), "field", None)
    return getattr(stage, "instances", 1) is None and asks_for != "is_classification"


def cautions_of(run: "Run") -> Iterator[str]:
    """Yield what a reader must know of the scores of a run."""
    stages = asking(run.recipe)
    judges = [name for name, stage in stages.items() if is_judge(stage)]
    wrote = [pair for task in run.pool for pair in task.models.items()]
    for what, by_judge in (("answers", False), ("verdicts", True)):
        names = dict.fromkeys(name for stage, name in wrote if (stage in judges) is by_judge)
        if writers := [NAMES[name] for name in stand_ins(names)]:
            yield f"The {what} are those of {' and '.join(writers)}, and do not measure a model."
    models = {name: (stage.model or run.model).name for name, stage in stages.items()}
    for judge in judges:
        judged = [name for name in stages if name not in judges and models[name] == models[judge]]
        if judged and models[judge] not in NAMES:
            yield f"{models[judge]} judges its own answers, and judges favor their own. Set recipe.{judge}.model."
        if models[judge] in taught_by(run) and models[judge] not in NAMES:
            yield f"{models[judge]} wrote the data that the model was tuned on, and judges favor their own style."
        systems = {system for task in run.pool for system in task.attributes.get("systems", ())}
        if models[judge] in systems:
            yield f"{models[judge]} judges its own answers, and judges favor their own."
    is_benchmark = any(task.references for task in run.pool)
    for stage in (name for name in stages if is_benchmark and name not in judges):
        words = run.store.finish_reasons(stage)
        if cut := sum(count for word, count in words.items() if kind_of(word) == "cut off"):
            total = sum(words.values())
            yield f"{cut} of {total} replies of {stage} were cut off at the token limit; they count as they are."
    if run.stopped_by is not None:
        yield "The run was stopped by its budget before all was answered; what is missing scores 0."
