"""The pages of the guide that list every key: written while mkdocs builds, from the docstrings of the parts and conf/.

A key's type and meaning stand in the Python class, its value and the reason for the value in the YAML; a page shows
both.  Nothing of it is stored in the repository, so it cannot become outdated.  `python -m pytest tests/test_guide.py`
checks that no key of conf/ is missing.
"""

import html
import importlib
import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from mkdocs.structure.files import File
from pydantic.fields import FieldInfo

from selfinstruct.run import Run

CONF = Path(__file__).parents[1] / "conf"
WHERE = {
    "recipe": "`recipe.<stage>.<key>`, such as `recipe.instructions.until`",
    "prompt": "`recipe.<stage>.prompt.<key>`, such as `recipe.instructions.prompt.decoding.temperature`",
    "sampler": "`recipe.<stage>.sampler.<key>`, such as `recipe.instructions.sampler.human`",
    "filters": "`recipe.<stage>.filters.<name>.<key>`, such as `recipe.instructions.filters.length.max_words`",
    "metrics": "`recipe.<stage>.metrics.<name>.<key>`, such as `recipe.execution.metrics.execution_accuracy.scoring`",
    "model": "`model.<key>`, or `recipe.<stage>.model.<key>` for the model of one stage",
    "seeds": "`seeds.<key>`, such as `seeds.path`",
    "source": "`recipe.conversion.source.<key>`, such as `recipe.conversion.source.path`",
    "formats": "`formats.<name>.<key>`, such as `formats.alpaca.include_seeds`",
    "trackers": "`trackers.<name>.<key>`, such as `trackers.wandb.project`",
    "actions": "`<action>.<key>`, such as `plan.like`, together with `actions=[<action>]`",
}
"""How a key of each group is written on the command line."""
TITLES = {
    "recipe": "Recipes and stages",
    "prompt": "Prompts and parsers",
    "sampler": "Samplers",
    "filters": "Filters",
    "metrics": "Metrics",
    "model": "Models",
    "seeds": "Seeds",
    "source": "Sources",
    "formats": "Formats",
    "trackers": "Trackers",
    "actions": "Actions",
}
NAMES = {str: "text", int: "integer", float: "number", bool: "true or false", type(None): "null", Any: "any value"}
BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than", "min_length": "at least this long:"}
OTHER_HOST = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*"')

DEPARTURES = re.compile(r"^<!-- departures: (\S+) -->$", re.M)

Row = tuple[str, str, str]
"""A key, its type, its meaning."""


ONLY_COMPOSED: list[Row] = [
    ("objective", "text or null", "A key of `summary.json`, a number, that a sweeper such as Optuna optimizes."),
    ("published", "text or null", "The folder of your copy of a paper's repository, for `experiment=*_published`."),
    ("replay", "text", "A capsule to run again from its recorded replies; only on the command line."),
]
"""The keys that no part has: they are read before the parts are built."""


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages to those that mkdocs has found."""
    pages = {"index": index(), **{group: page(group) for group in TITLES}}
    for name, text in pages.items():
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
        elif text.startswith("  ") and lists and lists[-1].startswith("- "):
            lists[-1] += f" {text.strip()}"
        elif text.endswith(":"):
            title = text
    if not lists:
        raise ValueError(f"{path} lists no departures")
    return "\n".join(lists)


def index() -> str:
    """Return the page about the keys at the top of the config."""
    groups = "\n".join(f"- [{title}]({group}.md): {WHERE[group]}" for group, title in TITLES.items())
    return f"""# Config keys

Every key of every part, with its type and its meaning. The pages are generated from the program, so they are those of
the version at hand. `python run.py --cfg job` shows all keys of one command with their values.

A key is written on the command line with its full path, as in `recipe.instructions.until=50`.

{groups}

## The top of the config

{table([*(row for row in keys(Run) if row[0] != "start"), *ONLY_COMPOSED])}

{folded(CONF / "config.yaml")}

## Worked examples

A file in `conf/few_shot/` holds the worked examples of a prompt: a name, and under it
[the keys of `few_shot`](prompt.md). Choose one with `few_shot@recipe.<stage>.prompt.few_shot=<name>`.

{"".join(folded(path) for path in options("few_shot"))}

## Experiments

A file in `conf/experiment/` sets keys of a whole run and has none of its own. Choose one with `experiment=<name>`.

{"".join(folded(path) for path in options("experiment"))}
"""


def page(group: str) -> str:
    """Return the page of a group: a section for each class, with the options that are built from it."""
    users: dict[type, list[Path]] = {}
    for path in options(group):
        for target in targets(yaml.safe_load(path.read_text(encoding="utf-8"))):
            if target.startswith(f"selfinstruct.{group}."):
                users.setdefault(imported(target), []).append(path)
    sections = [section(cls, paths) for cls, paths in users.items()]
    rest = [path for path in options(group) if not any(path in paths for paths in users.values())]
    if rest:
        sections.append("## Options that combine others\n\n" + "".join(folded(path) for path in rest))
    return f"# {TITLES[group]}\n\nA key here is written {WHERE[group]}.\n\n" + "\n".join(sections)


def section(cls: type, paths: list[Path]) -> str:
    """Return what is known of a class: its docstring, its keys, and the options that are built from it."""
    text = table(keys(cls)) if keys(cls) else "It has no keys.\n"
    files = "".join(folded(path) for path in dict.fromkeys(paths))
    return f"## {cls.__name__}\n\n`{cls.__module__}.{cls.__name__}`\n\n{inspect.getdoc(cls)}\n\n{text}\n{files}"


def options(group: str) -> list[Path]:
    """Return the files of a group, those in folders below it last."""
    return sorted((CONF / group).rglob("*.yaml"), key=lambda path: (len(path.parts), path))


def folded(path: Path) -> str:
    """Return a YAML file as a box that opens on a click."""
    text = path.read_text(encoding="utf-8").rstrip()
    body = "\n".join(f"    {line}".rstrip() for line in ["```yaml", *text.splitlines(), "```"])
    return f'??? note "conf/{path.relative_to(CONF).as_posix()}"\n\n{body}\n\n'


def targets(node: Any) -> Iterator[str]:
    """Yield the name of every class that a YAML file builds."""
    if isinstance(node, dict):
        if isinstance(target := node.get("_target_"), str):
            yield target
        for value in node.values():
            yield from targets(value)


def imported(target: str) -> type:
    """Return a class by its full name."""
    module, _, name = target.rpartition(".")
    found: type = getattr(importlib.import_module(module), name)
    return found


def keys(cls: type, prefix: str = "") -> list[Row]:
    """Return every key of a part; those of a part within it that has no option of its own follow with their path."""
    rows: list[Row] = []
    fields: dict[str, FieldInfo] = cls.__pydantic_fields__  # type: ignore[attr-defined]
    for name, field in fields.items():
        if field.init is False:
            continue
        inner = [one for one in parts_of(field.annotation) if not is_option(one)]
        key = f"{prefix}{name}"
        rows.append((key, f"{named(field.annotation)}{bounds(field.metadata)}", meaning(field)))
        is_mapping = get_origin(bare(field.annotation)) is dict
        for one in inner:
            rows += keys(one, f"{key}.<name>." if is_mapping else f"{key}.")
    return rows


def meaning(field: FieldInfo) -> str:
    """Return what a key means: its docstring, else that of the group or class that stands there."""
    text = field.description
    if text is None:
        kinds = [one for one in classes(field.annotation) if one.__module__.startswith("selfinstruct.")]
        text = inspect.getdoc(kinds[0]) if kinds else None
    return " ".join((text or "").split("\n\n")[0].split())


def bare(annotation: Any) -> Any:
    """Return an annotation without `Annotated` and `| None`."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        others = [one for one in get_args(annotation) if one is not type(None)]
        return bare(others[0]) if len(others) == 1 else annotation
    return annotation


def classes(annotation: Any) -> Iterator[type]:
    """Yield every class in an annotation."""
    if inspect.isclass(annotation) and get_origin(annotation) is None:
        yield annotation
    elif get_origin(annotation) is not Literal:
        for one in get_args(annotation):
            yield from classes(one)


def parts_of(annotation: Any) -> list[type]:
    """Return the parts of this program that an annotation names."""
    return [one for one in classes(annotation) if hasattr(one, "__pydantic_fields__")]


def is_option(cls: type) -> bool:
    """Return whether a class is built from an option of a group, and so has a section of its own."""
    return any(imported(target) is cls for group in TITLES for path in options(group) for target in built_by(path))


def built_by(path: Path) -> list[str]:
    """Return the classes that a file builds, which are read once."""
    if path not in BUILT:
        BUILT[path] = list(targets(yaml.safe_load(path.read_text(encoding="utf-8"))))
    return BUILT[path]


BUILT: dict[Path, list[str]] = {}


def named(annotation: Any) -> str:
    """Return a type in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        limits = [limit for one in arguments[1:] for limit in (one.metadata if isinstance(one, FieldInfo) else [one])]
        return f"{named(arguments[0])}{bounds(limits)}"
    if origin in (Union, types.UnionType):
        return " or ".join(named(one) for one in arguments)
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in arguments)
    if origin in (list, tuple):
        return f"list of {named(arguments[0])}"
    if origin is dict:
        return f"mapping of {named(arguments[0])} to {named(arguments[1])}"
    if annotation in NAMES:
        return NAMES[annotation]
    group = annotation.__module__.split(".")[1:]
    if group and group[0] in TITLES and (len(group) == 1 or is_option(annotation)):
        return f"[{annotation.__name__}]({group[0]}.md)"
    return str(annotation.__name__)


def bounds(limits: list[Any]) -> str:
    """Return the limits of a value in words."""
    found = [(words, getattr(one, name)) for one in limits for name, words in BOUNDS.items() if hasattr(one, name)]
    return "".join(f", {words} {value}" for words, value in found)


def table(rows: list[Row]) -> str:
    """Return keys as a Markdown table; nothing where there are none."""
    lines = ["| key | type | meaning |", "|---|---|---|"] if rows else []
    for key, kind, text in rows:
        safe = [cell.replace("|", "\\|").replace("<", "&lt;") for cell in (kind, text)]
        lines.append(f"| `{key}` | {safe[0]} | {safe[1]} |")
    return "\n".join(lines) + "\n"
