"""The laws that hold the tree together: the mirror, and which way imports may point."""

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "selfinstruct"
CONF = ROOT / "conf"

GROUPS = (
    "actions",
    "recipe",
    "seeds",
    "source",
    "sampler",
    "prompt",
    "filters",
    "metrics",
    "model",
    "trackers",
    "formats",
)
DATA_ONLY = ("few_shot", "experiment")
MODULES = sorted(PACKAGE.rglob("*.py"))
OPTIONS = sorted(path for path in CONF.rglob("*.yaml") if path.parent != CONF)

ORDER = (
    (
        "task",
        "errors",
        "part",
        "template",
        "folder",
        "hashes",
        "remedies",
        "schema",
        "beginnings",
        "command",
        "effective",
        "encoding",
        "escaping",
        "finish_reason",
        "no_input",
        "ownership",
        "plain_files",
        "secret",
        "signals",
        "terminal",
        "trust",
        "zips",
    ),
    ("verbs", "scoring", "__init__"),
    ("request", "round", "rows"),
    ("pool", "budget", "start", "tally"),
    ("sampler", "prompt", "filters", "metrics", "model", "seeds", "source", "trackers", "formats"),
    ("store", "diversity"),
    ("recipe", "recorded", "journal", "summary"),
    ("destinations", "objective", "past", "resumption"),
    ("actions",),
    ("run",),
    ("advice", "build", "naming"),
    ("flags", "traces"),
    ("option_files", "retyping", "shipped"),
    ("strangers",),
    ("composition", "job"),
    ("sweep",),
    ("entry",),
)
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}

COMPOSING = (
    "entry",
    "advice",
    "composition",
    "flags",
    "job",
    "naming",
    "option_files",
    "shipped",
    "strangers",
    "sweep",
    "traces",
)
"""The modules that know Hydra."""
ONLY_IN = {
    "hydra": COMPOSING,
    "omegaconf": COMPOSING,
    "litellm": ("model",),
    "aiohttp": ("model",),
    "wandb": ("trackers",),
    "rich": ("trackers",),
    "rapidfuzz": ("filters",),
    "numpy": ("filters",),
    "jinja2": ("template",),
    "bert_score": ("actions",),
}
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|base|core|managers?|handlers?|processors?|engines?)(_|$)")


def place(path):
    """The group or module that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path, *, at_module_level=False):
    """The modules that a file imports, those for type checkers left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in tree.body if at_module_level else ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module


def test_every_group_of_the_config_has_its_package():
    assert {path.name for path in CONF.iterdir() if path.is_dir()} == {*GROUPS, *DATA_ONLY}
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == set(GROUPS)


def targets(node):
    if isinstance(node, dict):
        if "_target_" in node:
            yield node["_target_"]
        for value in node.values():
            yield from targets(value)


@pytest.mark.parametrize("path", OPTIONS, ids=lambda path: path.relative_to(CONF).as_posix())
def test_a_target_below_a_group_lies_in_its_package(path):
    group = path.relative_to(CONF).parts[0]

    option = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = list(targets(option))
    is_inherited = f"/{group}/" in str(option.get("defaults"))  # from another option of the group

    assert all(target.startswith(f"selfinstruct.{group}.") for target in found)
    assert bool(found) == (group not in DATA_ONLY and not is_inherited)


@pytest.mark.parametrize("path", OPTIONS, ids=lambda path: path.relative_to(CONF).as_posix())
def test_an_option_opens_with_what_it_is_and_a_command(path):
    text = path.read_text(encoding="utf-8").removeprefix("# @package _global_\n")
    head = text[: re.search(r"^[^#\n]", text, re.M).start()]

    assert text.startswith("# ")
    assert "python run.py" in head or "used by" in head


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_down(path):
    here = place(path)
    for name in imports(path):
        if not name.startswith("selfinstruct"):
            continue
        there = [*name.split("."), "__init__"][1]
        is_group_of_its_own = here == there
        is_contract = there in GROUPS and name.count(".") == 1
        assert is_group_of_its_own or LEVEL[there] <= LEVEL[here], f"{here} imports {name}"
        if here in GROUPS and here != "recipe" and there in GROUPS and not is_group_of_its_own:
            assert is_contract or here == "actions", f"{here} imports a part of {there}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_library_is_imported_only_where_it_belongs(path):
    for name in imports(path):
        library = name.split(".")[0]
        if library in ONLY_IN and not name.startswith("selfinstruct"):
            assert place(path) in ONLY_IN[library], f"{library} is imported in {path}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_heavy_libraries_are_imported_inside_functions(path):
    heavy = {"litellm", "aiohttp", "wandb", "rich", "bert_score"}

    assert heavy.isdisjoint(name.split(".")[0] for name in imports(path, at_module_level=True))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_is_a_noun_of_the_field_and_fits_in_the_head(path):
    assert not FORBIDDEN_NAMES.search(path.stem)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_tests_mirror_the_package(path):
    inner = path.relative_to(PACKAGE)
    if len(inner.parts) > 2:  # the modules of a part that is a folder are tested together
        inner = inner.parent.with_suffix(".py")
    if path.name == "__init__.py" or inner.as_posix() in WITHOUT_LOGIC:
        return

    assert (ROOT / "tests" / inner.with_name(f"test_{inner.name}")).exists()


WITHOUT_LOGIC = {"part.py", "errors.py", "start.py"}
"""Modules that are tested wherever they are used."""
