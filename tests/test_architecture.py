"""The laws that hold the tree together: the mirror, and which way imports may point."""

import ast
import re
from functools import cache
from pathlib import Path

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
    "benchmarks",
    "model",
    "embedder",
    "trackers",
    "formats",
    "trainer",
    "protocol",
)
DATA_ONLY = ("few_shot", "experiment", "language")
MODULES = sorted(PACKAGE.rglob("*.py"))
OPTIONS = sorted(path for path in CONF.rglob("*.yaml") if path.parent != CONF)

ROOMS = ("cli", "pages", "rating", "storage", "text")
"""Packages that serve the groups."""
ROOT_MODULES = ("task", "pool", "round", "request", "budget", "part", "errors", "run", "run_info")
"""What the author of a part imports; there is no room for a tenth."""

ORDER = (
    ("task", "errors", "part"),
    ("text",),
    ("request", "round", "__init__"),
    ("pool", "budget", "run_info"),
    ("storage.hashes", "storage.remedies", "storage.rows"),  # models and seeds need these
    ("sampler", "prompt", "filters", "metrics", "model", "embedder", "seeds", "source", "trackers", "formats"),
    ("storage",),
    ("recipe", "trainer"),
    ("benchmarks", "protocol"),
    ("rating",),
    ("pages",),
    ("actions",),
    ("run",),
    ("cli",),
    ("__main__",),
)
COMBINING = ("recipe", "actions", "embedder")
"""Groups that use parts of others: an embedder sends as the models do."""
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}

ONLY_IN = {
    "hydra": ("cli",),
    "omegaconf": ("cli",),
    "litellm": ("model",),
    "aiohttp": ("model", "pages"),
    "wandb": ("trackers",),
    "rich": ("trackers",),
    "rapidfuzz": ("filters",),
    "numpy": ("embedder", "filters", "metrics", "pages", "rating"),
    "matplotlib": ("pages",),
    "sklearn": ("rating",),
    "scipy": ("rating",),
    "krippendorff": ("rating",),
    "trackio": ("trackers",),
    "tensorboardX": ("trackers",),
    "spacy": ("text",),
    "rouge_score": ("metrics",),
    "nltk": ("metrics",),
    "torch": ("embedder", "model", "trainer"),
    "transformers": ("embedder", "metrics", "model", "trainer"),  # metrics has a tokenizer
    "peft": ("model", "trainer"),
    "trl": ("trainer",),
    "accelerate": ("trainer",),
    "safetensors": ("model", "trainer"),
    "huggingface_hub": ("actions", "model", "trainer"),
    "jinja2": ("text", "pages"),
    "bert_score": ("actions",),
}
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|base|core|managers?|handlers?|processors?|engines?)(_|$)")


def place(path):
    """The group or module that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def parsed(path):
    """The syntax tree of a file, read once for all laws."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path, *, at_module_level=False):
    """Return the modules that a file imports, without those for type checkers."""
    tree = parsed(path)
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = []
    for node in tree.body if at_module_level else ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module if node.level == 0 else f"a relative import, line {node.lineno}"]
            found += [f"{node.module}.{alias.name}" for alias in node.names if f"{node.module}.{alias.name}" in NAMES]
    return found


NAMES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
IMPORTED = [(path, name) for path in MODULES for name in imports(path)]


def test_every_group_of_the_config_has_its_package():
    assert {path.name for path in CONF.iterdir() if path.is_dir()} == {*GROUPS, *DATA_ONLY}
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == {*GROUPS, *ROOMS}


def test_the_root_of_the_package_holds_what_the_author_of_a_part_imports():
    found = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}

    assert found == set(ROOT_MODULES), "put a module into the package that it serves"


def targets(node):
    if isinstance(node, dict):
        if "_target_" in node:
            yield node["_target_"]
        for value in node.values():
            yield from targets(value)


def test_a_target_below_a_group_lies_in_its_package():
    wrong = []
    for path in OPTIONS:
        group = path.relative_to(CONF).parts[0]
        option = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = list(targets(option))
        is_inherited = f"/{group}/" in str(option.get("defaults"))  # from another option of the group
        wrong += [f"{path}: {target}" for target in found if not target.startswith(f"selfinstruct.{group}.")]
        if bool(found) != (group not in DATA_ONLY and not is_inherited):
            wrong.append(f"{path}: {'a _target_ in a group of data' if found else 'no _target_'}")

    assert wrong == [], "write a _target_ of selfinstruct.<group>, as the option's folder is called"


def test_an_option_opens_with_what_it_is_and_a_command():
    wrong = []
    for path in OPTIONS:
        text = path.read_text(encoding="utf-8").removeprefix("# @package _global_\n")
        head = text[: re.search(r"^[^#\n]", text, re.M).start()]
        if not text.startswith("# ") or ("python run.py" not in head and "used by" not in head):
            wrong.append(path)

    assert wrong == [], "open the file with a comment: what it is, and a command with `python run.py`, or `used by …`"


def test_imports_point_down():
    wrong = []
    for path, name in IMPORTED:
        if not name.startswith("selfinstruct"):
            continue
        here, there = place(path), [*name.split("."), "__init__"][1]
        if name == "selfinstruct":
            continue  # `from selfinstruct import x` is found as `selfinstruct.x`, too
        level = LEVEL.get(".".join(name.split(".")[1:3]), LEVEL[there])
        is_contract = there in GROUPS and name.count(".") == 1
        is_part_of_another = here in GROUPS and here not in COMBINING and there in GROUPS and here != there
        if here != there and (level > LEVEL[here] or (is_part_of_another and not is_contract)):
            wrong.append(f"{path}: {name}")

    assert wrong == [], "import from a lower level of ORDER; of another group, import its contract only"


def test_no_modules_import_each_other_in_a_circle():
    below = {}
    for path, name in IMPORTED:
        if name in NAMES and NAMES[name] != path:
            below.setdefault(path, set()).add(NAMES[name])

    assert circle(below) == []


def circle(below):
    """Return the modules of one circle, or nothing."""
    done = set()

    def walk(path, above):
        if path in above:
            return [*above[above.index(path) :], path]
        if path in done:
            return []
        found = next((found for lower in sorted(below.get(path, ())) if (found := walk(lower, [*above, path]))), [])
        done.add(path)
        return found

    return next((found for path in sorted(below) if (found := walk(path, []))), [])


def test_a_library_is_imported_only_where_it_belongs():
    wrong = [
        f"{path}: {name}"
        for path, name in IMPORTED
        if place(path) not in ONLY_IN.get(name.split(".")[0], (place(path),))
    ]

    assert wrong == [], "go through the modules that ONLY_IN names"


def test_imports_are_absolute():
    assert [f"{path}: {name}" for path, name in IMPORTED if name.startswith("a relative import")] == []


def test_heavy_libraries_are_imported_inside_functions():
    heavy = {"litellm", "aiohttp", "wandb", "rich", "bert_score", "matplotlib", "sklearn", "scipy", "trackio", "spacy"}
    heavy |= {"torch", "transformers", "peft", "trl", "accelerate", "safetensors", "huggingface_hub", "datasets"}
    wrong = [
        f"{path}: {name}"
        for path in MODULES
        for name in imports(path, at_module_level=True)
        if name.split(".")[0] in heavy
    ]

    assert wrong == [], "import these inside the function that needs them, so that a command starts quickly"


def test_a_module_is_a_noun_of_the_field():
    assert [path for path in MODULES if FORBIDDEN_NAMES.search(path.stem)] == []


def test_a_module_fits_in_the_head():
    long = [path for path in MODULES if len(path.read_text(encoding="utf-8").splitlines()) > 250]

    assert long == [], "split a module of more than 250 lines"


def test_tests_mirror_the_package():
    wrong = []
    for path in MODULES:
        inner = path.relative_to(PACKAGE)
        if len(inner.parts) > 2:  # the modules of a part that is a folder are tested together
            inner = inner.parent.with_suffix(".py")
        if path.name == "__init__.py" or inner.as_posix() in WITHOUT_LOGIC:
            continue
        if not (ROOT / "tests" / inner.with_name(f"test_{inner.name}")).exists():
            wrong.append(path)

    assert wrong == [], "write tests/<the same folder>/test_<module>.py"


WITHOUT_LOGIC = {
    "__main__.py",
    "part.py",
    "errors.py",
    "run_info.py",
    "cli/replay.py",
    "seeds/family.py",
    "benchmarks/answered.py",
}
"""Modules that are tested wherever they are used."""
