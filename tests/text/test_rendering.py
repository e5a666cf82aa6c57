"""Filled apart, templates give the same text, and what takes too much of them ends in one sentence."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.text import rendering
from selfinstruct.text.confinement import Confined
from selfinstruct.text.rendering import apart, fill, variables, variables_apart
from selfinstruct.text.template import EXACT, PROMPT, Form

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def quick():
    """A child that may take little."""
    with closing(Confined(seconds=0.4, memory=200 << 20)) as made:
        yield made


@pytest.fixture
def foreign(quick, monkeypatch):
    """All templates are somebody else's while a test runs."""
    monkeypatch.setattr(rendering, "CHILD", quick)
    variables_apart.cache_clear()
    with apart(True):
        yield


SHARED = "{% set x = namespace(a=[]) %}{% for i in range(64) %}{% set x.a = [x.a, x.a] %}{% endfor %}"
BOMBS = {
    "text": "{{ 'a' * 10 ** 9 }}",
    "constant": "{{ 'a' * 10 ** 8 }}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "list": "{{ [1] * 10 ** 9 }}",
    "loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "loop over a text": "{% for c in ('a' * 9999).center(10 ** 8) %}{{ c }}{% endfor %}",
    "recursive loop": (
        "{% for a in range(9999) recursive %}{% if loop.depth < 4 %}{{ loop(range(9999)) }}{% endif %}{% endfor %}"
    ),
    "macro": "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(30) }}",
    "center": "{{ 'x'.center(10 ** 9) }}",
    "center filter": "{{ 'x' | center(10 ** 9) }}",
    "width": "{{ '%1000000000d' % 3 }}",
    "width filter": "{{ '%*d' | format(10 ** 9, 3) }}",
    "width of a method": "{{ '{:>999999999}'.format('x') }}",
    "many widths": "{{ ('{0:{1}}' * 200).format(1, 9999999) }}",
    "replace": (
        "{% set x = namespace(a='aa') %}{% for i in range(99) %}{% set x.a = x.a | replace('a', 'aaaa') %}{% endfor %}"
    ),
    "join": "{% set x = namespace(a='a') %}{% for i in range(99) %}{% set x.a = x.a ~ x.a %}{% endfor %}",
    "extend": "{% set x = [1] %}{% for i in range(99) %}{% set _ = x.extend(x) %}{% endfor %}",
    "cycles": (
        "{% set y = [] %}{% for i in range(99999) %}{% for j in range(99999) %}"
        "{% set z = namespace() %}{% set z.z = z %}{% set _ = y.append(z) %}{% endfor %}{% endfor %}"
    ),
    "product": "{% set x = namespace(a=7) %}{% for i in range(60) %}{% set x.a = x.a * x.a %}{% endfor %}",
    "shared": SHARED + "{{ x.a }}",
    "shared, compared": SHARED + "{% set y = x.a %}" + SHARED + "{{ x.a == y }}",
    "shared, as JSON": SHARED + "{{ x.a | tojson }}",
    "batch": (
        "{% for i in range(9999) %}{{ range(99999) | batch(1) | map('batch', 9) | map('list') | list }}{% endfor %}"
    ),
    "slice": "{{ range(99999) | slice(99999999) | list }}",
    "wordwrap": "{% for i in range(9999) %}{{ ' '.ljust(9999999) | wordwrap(1) }}{% endfor %}",
    "pprint": "{% for i in range(9999) %}{{ range(9999) | list | pprint }}{% endfor %}",
    "tojson": "{% for i in range(9999) %}{{ range(99999) | list | tojson }}{% endfor %}",
    "urlize": "{% for i in range(9999) %}{{ 'www.a.com '.ljust(99999, 'b') | urlize }}{% endfor %}",
    "sort": "{% for i in range(9999) %}{{ range(99999) | map('string') | sort | first }}{% endfor %}",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_template_that_takes_too_much_is_stopped_and_the_next_one_works(name, foreign):
    with pytest.raises(
        ValueError,
        match=r"^cannot be (filled|read): it takes more than (0\.4 seconds of CPU time|200 MB of memory); simplify the",
    ) as caught:
        fill(BOMBS[name], {})

    assert "\n" not in str(caught.value)
    assert fill("{{ a }}", {"a": 1}) == "1"


# A process starts with the peak that its parent had (getrusage(2)), so its own is read where exec resets it.
MEASURED = """
import pathlib, re, resource, sys
sys.path.insert(0, sys.argv[1])
from selfinstruct.text.rendering import CHILD, apart, fill
with apart(True):
    for text in sys.argv[2:]:
        try:
            fill(text, {})
        except ValueError:
            print("stopped")
CHILD.close()
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
"""


def test_templates_that_ask_for_gigabytes_do_not_get_them():
    words = [sys.executable, "-c", MEASURED, str(ROOT), *(BOMBS[name] for name in ("text", "constant", "join"))]

    *stopped, child, parent = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()

    assert stopped == ["stopped"] * 3
    assert max(int(child), int(parent)) < 1_000_000


def test_a_text_that_the_compiler_would_work_out_is_stopped_when_it_is_read(foreign):
    with pytest.raises(ValueError, match=r"^cannot be read: it takes more than"):
        variables(BOMBS["constant"])


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 10_000 + "1" + ")" * 10_000 + " }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% for i in range(10 ** 9) %}{% endfor %}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'].x }}",
        "{{ ('%s' | attr('__mod__')).__self__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ a }}",
        "{% for %}",
    ],
)
def test_what_is_wrong_here_is_as_wrong_there(text, foreign):
    with pytest.raises(ValueError, match=r"^(cannot be filled|is not a Jinja template): ") as there:
        fill(text, {})
    with apart(False), pytest.raises(ValueError, match=r"^(cannot be filled|is not a Jinja template): ") as here:
        rendering.fill_here(text, {})

    assert str(there.value).partition(": ")[2].split()[:3] == str(here.value).partition(": ")[2].split()[:3]


def test_a_template_sees_no_more_than_the_variables_that_it_wants(foreign):
    assert variables("{{ a }}{% for b in c %}{% endfor %}") == {"a", "c"}
    with pytest.raises(ValueError, match=r"^cannot be filled: a value cannot be sent to another process"):
        fill("{{ a }}", {"a": lambda: 1})
    assert fill("{{ b }}", {"a": lambda: 1, "b": "x"}) == "x"


def test_values_keep_their_kinds(task, foreign):
    shown = {"task": task(3), "half": "\ud800", "form": [1, 2.5, None, True, {"a": "ä"}]}
    text = "{{ task.instruction }} {{ task.text }} {{ task.instances[0].output }} {{ half }} {{ form }}\n"

    for form in (PROMPT, EXACT, Form(write=repr)):
        assert fill(text, shown, form) == rendering.fill_here(text, shown, form)


def test_it_lasts_as_long_as_a_job(quick, monkeypatch):
    monkeypatch.setattr(rendering, "CHILD", None)  # whoever asks it fails
    assert fill("{{ a }}", {"a": lambda: 1}).startswith("<function")

    with apart(False):
        assert fill("{{ 1 }}", {}) == "1"
    with apart(True), apart(False), pytest.raises(AttributeError):
        fill("{{ 1 }} ", {})
    with pytest.raises(KeyError), apart(True):
        raise KeyError
    assert fill("{{ 1 }}", {}) == "1"


RECIPES = {
    "self_instruct": ["experiment=smoke"],
    "alpaca": ["recipe=alpaca"],
    "evol_instruct": ["recipe=evol_instruct", "recipe/judge@recipe=difficulty"],
    "instruction_induction": ["recipe=instruction_induction"],
}


@pytest.mark.parametrize("mode", ["chat", "completion"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_prompt_of_a_recipe_is_the_same_apart(recipe, mode, composed, built, tmp_path):
    run = built(composed(*RECIPES[recipe], f"model.mode={mode}", "trackers=[]"), tmp_path)
    seeds = Pool(run.seeds.load())

    def rendered(attempt):
        return {
            name: stage.prompt.render(stage.preview(seeds, Random(1)), mode == "chat", name, 1, 1, attempt)
            for name, stage in run.recipe.items()
        }

    for attempt in (1, 2):
        here = rendered(attempt)
        with apart(True):
            assert rendered(attempt) == here


def test_every_format_is_the_same_apart(composed, built, tmp_path, pool):
    formats = [path.stem for path in (ROOT / "conf/formats").glob("*.yaml")]
    run = built(composed(f"formats=[{','.join(formats)}]", "trackers=[]"), tmp_path)

    def written():
        return {
            (name, file): list(rows)
            for name, part in run.formats.items()
            for file, rows in part.files(pool, random_seed=1)
        }

    here = written()
    with apart(True):
        assert written() == here


FORKED = """
import os, sys
sys.path[:0] = {path!r}
from selfinstruct.text.rendering import CHILD, apart, fill
from test_confinement import process_id
with apart(True):
    assert fill("{{{{ 1 + 1 }}}}", {{}}) == "2"
first = CHILD.call(process_id)
if not (number := os.fork()):
    with apart(True):
        assert fill("{{{{ 1 + 1 }}}}", {{}}) == "2"
    second = CHILD.call(process_id)
    CHILD.close()
    os._exit(0 if second != first else 1)
assert os.waitpid(number, 0)[1] == 0
assert CHILD.call(process_id) == first
print(first)
"""


def test_a_fork_has_a_child_of_its_own_and_both_end(tmp_path):
    code = FORKED.format(path=[str(ROOT), str(ROOT / "tests" / "text")])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert not os.path.exists(f"/proc/{done.stdout.strip()}")
