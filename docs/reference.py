"""The pages of the guide that list every key: written while mkdocs builds, from the docstrings of the parts and conf/.

A key's type and meaning stand in the Python class, its value and the reason for the value in the YAML; a page shows
both.  Nothing of it is stored in the repository, so it cannot become outdated.  `python -m pytest tests/test_guide.py`
checks that no key of conf/ is missing.
"""

import ast
import html
import importlib
import inspect
import re
import types
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from mkdocs.structure.files import File

from selfinstruct.run import Run

CONF = Path(__file__).parents[1] / "conf"
GROUPS = {
    "recipe": ("Recipes and stages", "`recipe.<stage>.<key>`, such as `recipe.instructions.until`"),
    "prompt": ("Prompts and parsers", "`recipe.<stage>.prompt.<key>`, such as `recipe.instructions.prompt.template`"),
    "sampler": ("Samplers", "`recipe.<stage>.sampler.<key>`, such as `recipe.instructions.sampler.human`"),
    "filters": ("Filters", "`recipe.<stage>.filters.<name>.<key>`, such as `recipe.tasks.filters.length.max_words`"),
    "metrics": ("Metrics", "`recipe.<stage>.metrics.<name>.<key>`, for metrics of a stage"),
    "benchmarks": ("Benchmarks", "`benchmarks.<name>.<key>`, such as `benchmarks.superni.seeds.per_task`"),
    "model": ("Models", "`model.<key>`, or `recipe.<stage>.model.<key>` for the model of one stage"),
    "embedder": ("Embedders", "`recipe.<stage>.filters.meaning.embedder.<key>`, such as `….embedder.name`"),
    "trainer": ("Trainers", "`trainer.<key>`, such as `trainer.learning_rate`, together with `trainer=<option>`"),
    "protocol": ("Rating protocols", "`protocol.<key>`, such as `protocol.draws`, together with `protocol=<option>`"),
    "seeds": ("Seeds", "`seeds.<key>`, such as `seeds.path`"),
    "source": ("Sources", "`recipe.conversion.source.<key>`, such as `recipe.conversion.source.path`"),
    "formats": ("Formats", "`formats.<name>.<key>`, such as `formats.alpaca.include_seeds`"),
    "trackers": ("Trackers", "`trackers.<name>.<key>`, such as `trackers.wandb.project`"),
    "actions": ("Actions", "`<action>.<key>`, such as `plan.like`, together with `actions=[<action>]`"),
}
"""Title of the page, and how a key is written on the command line."""
NAMES = {str: "text", int: "integer", float: "number", bool: "true or false", type(None): "null", Any: "any value"}
BOUNDS = {
    "ge": "at least",
    "gt": "more than",
    "le": "at most",
    "lt": "less than",
    "min_length": "length at least",
}
DEPARTURES = re.compile(r"^<!-- departures: (\S+) -->$", re.M)
OTHER_HOST = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*"')

Row = tuple[str, str, str]  # a key, its type, its meaning
ONLY_COMPOSED: list[Row] = [  # keys that no part has: they are read before the parts are built
    ("objective", "text or null", "A key of `summary.json`, a number, that a sweeper such as Optuna optimizes."),
    ("published", "text or null", "The folder of your copy of a paper's repository, for `experiment=*_published`."),
    (
        "spacy_model",
        "text or null",
        "A model of spaCy, a package or a folder, that finds verbs and nouns; null for a rule.",
    ),
    ("structured", "true or false", "Whether the replies of every stage are held to the JSON schema of its prompt."),
    ("replay", "text", "A capsule to run again from its recorded replies; only on the command line."),
]


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages to those that mkdocs has found."""
    for name, text in {"index": index(), **{group: page(group) for group in GROUPS}}.items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the departures that stand at the head of a YAML file where a page names the file."""
    return DEPARTURES.sub(lambda match: departures(CONF / f"{match[1]}.yaml"), markdown)


def on_post_build(config: Any) -> None:
    """Raise ValueError where a built page loads a script, style, font or picture from another host."""
    for path in Path(config.site_dir).rglob("*.html"):
        if found := OTHER_HOST.search(path.read_text(encoding="utf-8")):
            raise ValueError(f"{path} loads from another host: {found[0]}")


def departures(path: Path) -> str:
    """Return the lists at the head of a YAML file, each below its title; raises ValueError for none."""
    lists: list[str] = []
    title = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        text = html.escape(line.removeprefix("#").removeprefix(" "), quote=False)
        if text.startswith("- "):
            lists += ["", title, ""] if title else []
            lists.append(text.replace("- * ", "- **\\*** ", 1))
            title = ""
        elif text.startswith("  ") and lists:
            lists[-1] += f" {text.strip()}"
        elif text.endswith(":"):
            title = text
    if not lists:
        raise ValueError(f"{path} lists no departures")
    return "\n".join(lists)


def index() -> str:
    """Return the page about the keys at the top of the config."""
    pages = "\n".join(f"- [{title}]({group}.md): {where}" for group, (title, where) in GROUPS.items())
    top = [row for row in keys(Run) if row[0] != "start"] + ONLY_COMPOSED
    return f"""# Config keys

Every key of every part, with its type and its meaning. These pages are generated from the program, so they describe
the version at hand. `python run.py --cfg job` shows all keys of one command with their values.

A key is written on the command line with its full path, as in `recipe.instructions.until=50`.

{pages}

## The top of the config

{table(top)}

{folded(CONF / "config.yaml")}

## Worked examples

A file in `conf/few_shot/` holds the worked examples of a prompt: names, and under each name
[the keys of `few_shot.<name>`](prompt.md). Choose one with `few_shot@recipe.<stage>.prompt.few_shot=<file>`.

{"".join(map(folded, options("few_shot")))}

## Experiments

A file in `conf/experiment/` sets keys of a whole run and has none of its own. Choose one with `experiment=<file>`.

{"".join(map(folded, options("experiment")))}
"""


def page(group: str) -> str:
    """Return the page of a group: its classes with their keys, and its options as they are written."""
    title, where = GROUPS[group]
    users: dict[type, list[str]] = {}
    for path in options(group):
        for cls in built_by(path):
            if cls.__module__.startswith(f"selfinstruct.{group}."):
                users.setdefault(cls, []).append(f"`{path.relative_to(CONF / group).with_suffix('').as_posix()}`")
    classes = "\n".join(section(cls, list(dict.fromkeys(names))) for cls, names in users.items())
    files = "".join(map(folded, options(group)))
    return f"# {title}\n\nA key here is written {where}.\n\n{classes}\n## Options\n\n{files}"


def section(cls: type, names: list[str]) -> str:
    """Return what is known of a class: its docstring, the options that are built from it, its keys."""
    used = f"`{cls.__module__}.{cls.__name__}`, used by {', '.join(names)}"
    rows = keys(cls)
    return f"## {cls.__name__}\n\n{inspect.getdoc(cls)}\n\n{used}\n\n{table(rows) if rows else 'It has no keys.'}\n"


@cache
def options(group: str) -> list[Path]:
    """Return the files of a group, those in folders below it last."""
    return sorted((CONF / group).rglob("*.yaml"), key=lambda path: (len(path.parts), path))


@cache
def built_by(path: Path) -> list[type]:
    """Return the classes that a YAML file builds."""
    names = [part["_target_"].rpartition(".") for part in parts_in(yaml.safe_load(path.read_text(encoding="utf-8")))]
    return [getattr(importlib.import_module(module), name) for module, _, name in names]


def parts_in(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every part that a config describes, those within it later."""
    if isinstance(node, dict):
        if "_target_" in node:
            yield node
        for value in node.values():
            yield from parts_in(value)


def folded(path: Path) -> str:
    """Return a YAML file as a box that opens on a click."""
    lines = ["```yaml", *path.read_text(encoding="utf-8").rstrip().splitlines(), "```"]
    body = "\n".join(f"    {line}".rstrip() for line in lines)
    return f'??? note "conf/{path.relative_to(CONF).as_posix()}"\n\n{body}\n\n'


def keys(cls: type, prefix: str = "") -> list[Row]:
    """Return every key of a part; those of a part within it that has no option of its own follow with their path."""
    rows: list[Row] = []
    for name, field in ((name, field) for name, field in cls.__pydantic_fields__.items() if field.init is not False):
        key = f"{prefix}{name}"
        rows.append((key, f"{named(field.annotation)}{bounds(field.metadata)}", meaning(cls, name)))
        below = f"{key}.<name>." if get_origin(field.annotation) is dict else f"{key}."
        for one in classes(field.annotation):
            if hasattr(one, "__pydantic_fields__") and not is_option(one):
                rows += keys(one, below)
    return rows


def meaning(cls: type, name: str) -> str:
    """Return what a key means: its docstring, else that of the group or class that stands there."""
    own = (meanings(one).get(name) for one in cls.__mro__ if hasattr(one, "__pydantic_fields__"))
    kinds = classes(cls.__pydantic_fields__[name].annotation)
    texts = [*own, *(inspect.getdoc(one) for one in kinds if "selfinstruct" in one.__module__)]
    return " ".join(next(filter(None, texts), "").split("\n\n")[0].split())


def classes(annotation: Any) -> Iterator[type]:
    """Yield every class in an annotation."""
    if get_origin(annotation) is None and inspect.isclass(annotation):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for one in get_args(annotation):
            yield from classes(one)


@cache
def is_option(cls: type) -> bool:
    """Return whether a class is built from an option of a group, and so has a section of its own."""
    return any(cls in built_by(path) for group in GROUPS for path in options(group))


def named(annotation: Any) -> str:
    """Return a type in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return named(arguments[0]) + "".join(bounds(getattr(one, "metadata", [one])) for one in arguments[1:])
    if origin in (Union, types.UnionType):
        texts = [named(one) for one in arguments]
        return (", or " if "," in texts[0] else " or ").join(texts)
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in arguments)
    if origin in (list, tuple):
        return f"list of {named(arguments[0])}"
    if origin is dict:
        return f"mapping of {named(arguments[0])} to {named(arguments[1])}"
    if annotation in NAMES:
        return NAMES[annotation]
    place = annotation.__module__.split(".")[1:]
    has_page = place and place[0] in GROUPS and (len(place) == 1 or is_option(annotation))
    return f"[{annotation.__name__}]({place[0]}.md)" if has_page else str(annotation.__name__)


def bounds(limits: list[Any]) -> str:
    """Return the limits of a value in words."""
    found = [(one, name) for one in limits for name in BOUNDS if hasattr(one, name)]
    return "".join(f", {BOUNDS[name]} {getattr(one, name)}" for one, name in found)


def table(rows: list[Row]) -> str:
    """Return keys as a Markdown table."""
    lines = ["| key | type | meaning |", "|---|---|---|"]
    for key, *texts in rows:
        kind, text = (cell.replace("|", "\\|").replace("<", "&lt;") for cell in texts)
        lines.append(f"| `{key}` | {kind} | {text} |")
    return "\n".join(lines) + "\n"


def meanings(cls: type) -> dict[str, str]:
    """Return the docstring below each field of a part, as it stands in the source."""
    [body] = [node.body for node in ast.parse(dedent(inspect.getsource(cls))).body if isinstance(node, ast.ClassDef)]
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }
