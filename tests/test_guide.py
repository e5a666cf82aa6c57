"""What README.md and the guide show: every command works, every file is the one that was tried, every key is listed.

A page is read from top to bottom, in a folder of its own.  A block with a title is a file, and is written there; the
commands of a block are those lines that start with `python run.py` or `selfinstruct`.  A comment before a block says
what is done with them:

    (none)                     composed and built, so that every key and value is checked; nothing is run
    <!-- run -->               run, and must end well
    <!-- run: until=10 -->     run with more words, mostly to make it small
    <!-- fails -->             run, and must end with exit code 1
    <!-- composed -->          composed by the program itself, with files of the page: `--cfg job` is added
    <!-- train: steps=4 -->    run where PyTorch is installed, with a tiny model in place of SmolLM2; else composed
    <!-- printed -->           this block is text: each line was printed by the commands before it
    <!-- not run: <why> -->    only read by people

A page that holds `<!-- checkout -->` is read in a copy of the repository; one with `<!-- first -->` finds a small run
in the folder `first`.
"""

import importlib.util
import os
import re
import shlex
import shutil
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import commands
import pytest
import tiny_model
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf, open_dict

ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"^(?:<!-- (?P<note>[^>]*?) -->\n\n?)?"
    r"(?P<indent> *)```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^(?P=indent)```$",
    re.M | re.S,
)
COMMAND = re.compile(r"^(?:python run\.py|selfinstruct)(?: |$)")
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "HF_TOKEN")
FOLDERS = ("hydra.run.dir", "hydra.sweep.dir")
SMALL_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
"""The model of the pages; a folder of this name is taken for it."""


@dataclass
class Page:
    """A page while it is read."""

    text: str
    folder: Path
    script: str = commands.RUN
    variables: dict[str, str] = field(default_factory=dict)
    printed: str = ""

    def run(self, words):
        """Run a command in the folder of the page."""
        inherited = {key: value for key, value in os.environ.items() if key not in KEYS and not key.startswith("WANDB")}
        environment = inherited | {"WANDB_SILENT": "true", **self.variables}
        return commands.run(*words, folder=self.folder, environment=environment, script=self.script)

    def read(self, block, built):
        """Do what a block says; return what is wrong with it."""
        note, language, title, text = (block[name] for name in ("note", "language", "title", "text"))
        text = re.sub(f"^{block['indent']}", "", text, flags=re.M)
        if title is not None:
            path = self.folder / title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif note == "printed":
            wanted = [line.split(" so far")[0] for line in text.splitlines() if line.strip() not in ("", "…")]
            return [f"nothing printed {line!r}" for line in wanted if line not in self.printed]
        elif language in ("console", "bash") and not (note or "").startswith("not run: "):
            lines = text.replace("\\\n", " ").splitlines()
            return [wrong for line in lines for wrong in self.follow(line, note, built)]
        return []

    def follow(self, line, note, built):
        """Do one line of a block of commands."""
        if line.startswith("export "):
            pairs = (word.partition("=") for word in shlex.split(line.removeprefix("export ")))
            self.variables |= {name: self.expanded(name, value) for name, _, value in pairs}
        if not COMMAND.match(line):
            return []
        words = shlex.split(re.sub(COMMAND, "", line), comments=True)
        kind, _, more = (note or "").partition(": ")
        if kind == "train" and importlib.util.find_spec("torch"):
            if not (self.folder / SMALL_MODEL).exists():
                tiny_model.write_model(self.folder / SMALL_MODEL)
        elif kind == "composed":
            more = "--cfg job"
        elif kind not in ("run", "fails"):
            return self.checked(line, words, built)
        done = self.run([*words, *shlex.split(more)])
        self.printed += done.stdout + done.stderr
        wanted = 1 if kind == "fails" else 0
        return [f"{line}: exit code {done.returncode}\n{done.stdout}{done.stderr}"] * (done.returncode != wanted)

    def expanded(self, name, value):
        """Return the value of a variable; our own package stays on Python's path."""
        value = value.replace("$PWD", str(self.folder))
        return f"{value}{os.pathsep}{ROOT}" if name == "PYTHONPATH" else value

    def checked(self, line, words, built):
        """Compose and build a command; of a sweep, its first job."""
        try:
            built(config_of([word for word in words if word != "-m"]), self.folder / "composed")
        except Exception as error:
            return [f"{line}: {error}"]
        return []


def config_of(words):
    """Return the config of a command; its options are composed, which takes long, once for all commands with them."""
    overrides = [one for one in OverridesParser.create().parse_overrides(words) if one.key_or_group not in FOLDERS]
    chosen = [one for one in overrides if (CONF / one.key_or_group).is_dir() or one.key_or_group.startswith("hydra")]
    config = deepcopy(chosen_config(tuple(first_of(one) for one in chosen)))
    for one in overrides:
        if one in chosen:
            continue
        above, _, name = one.key_or_group.rpartition(".")
        if one.is_delete():
            with open_dict(config):
                del (OmegaConf.select(config, above) if above else config)[name]
        else:
            value = next(one.sweep_iterator()) if one.is_sweep_override() else one.value()
            OmegaConf.update(config, one.key_or_group, value, force_add=one.is_add())
    return OmegaConf.to_container(config, resolve=True)


@cache
def chosen_config(words):
    """Return the config with these options, its interpolations not resolved."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", overrides=list(words))


def first_of(override):
    """Return an override as it was written; of a sweep, its first value."""
    if not override.is_sweep_override():
        return override.input_line
    return f"{override.get_key_element()}={next(override.sweep_string_iterator())}"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A small finished run."""
    folder = tmp_path_factory.mktemp("guide")
    done = commands.run("recipe.instructions.until=20", "hydra.run.dir=first", "trackers=[console]", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "first"


def marks(path):
    """A page about training is read once more where PyTorch is installed."""
    return [pytest.mark.train] if "<!-- train" in path.read_text(encoding="utf-8") else []


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.relative_to(ROOT).as_posix(), marks=marks(path)) for path in PAGES]
)
def test_what_a_page_shows_works(path, first, tmp_path, built):
    page = Page(path.read_text(encoding="utf-8"), tmp_path)
    if "<!-- first -->" in page.text:
        shutil.copytree(first, tmp_path / "first")
    if "<!-- checkout -->" in page.text:
        for name in ("conf", "selfinstruct"):
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "run.py", tmp_path)
        page.script, page.variables = str(tmp_path / "run.py"), {"PYTHONPATH": str(tmp_path)}

    wrong = [text for block in BLOCK.finditer(page.text) for text in page.read(block, built)]

    assert wrong == []


@pytest.fixture(scope="module")
def reference():
    """The hook of mkdocs that writes the pages about keys."""
    pytest.importorskip("mkdocs")
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs/reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def missing(node, rows, place=""):
    """Yield the keys of a node that are not listed, or have no meaning."""
    for key, value in node.items():
        path = f"{place}{key}"
        if key in ("_target_", "defaults"):
            continue
        if not rows.get(path):
            yield path
        if isinstance(value, dict) and "_target_" not in value:
            if any(row.startswith(f"{path}.<name>.") for row in rows):
                for one in value.values():
                    yield from missing(one, rows, f"{path}.<name>.")
            elif any(row.startswith(f"{path}.") for row in rows):
                yield from missing(value, rows, f"{path}.")


def test_the_reference_has_every_key_of_every_option_with_its_meaning(reference):
    pages = {group: reference.page(group) for group in reference.GROUPS}
    wrong = []
    for path in (path for group in reference.GROUPS for path in reference.options(group)):
        nodes = reference.parts_in(yaml.safe_load(path.read_text(encoding="utf-8")))
        for node, cls in zip(nodes, reference.built_by(path), strict=True):
            rows = {key: meaning for key, kind, meaning in reference.keys(cls) if kind}
            page = pages[cls.__module__.split(".")[1]]
            wrong += [f"{path.relative_to(CONF)}: {key}" for key in missing(node, rows)]
            wrong += [f"{cls.__name__}: {key}" for key in rows if f"| `{key}` |" not in page]

    assert sorted(set(wrong)) == []


def test_the_reference_has_every_key_at_the_top(reference):
    config = yaml.safe_load((CONF / "config.yaml").read_text(encoding="utf-8"))
    wanted = {key for key in config if key not in ("defaults", "hydra")} | {"recipe", "seeds", "model", "replay"}

    assert [key for key in sorted(wanted) if f"| `{key}` |" not in reference.index()] == []


def test_every_departure_that_a_page_names_is_found(reference):
    for path in PAGES:
        assert "<!-- departures" not in reference.on_page_markdown(path.read_text(encoding="utf-8"))
