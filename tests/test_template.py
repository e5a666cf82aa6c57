from dataclasses import dataclass

import pytest

from selfinstruct.template import EXACT, fill, one_line, variables


def test_an_instruction_is_put_on_one_line_without_the_colons_at_its_end():
    assert one_line("  Sort\n these \t words: :: ") == "Sort these words"


def test_the_wanted_variables_are_named():
    assert variables("{{ a }}{% for x in b %}{{ x }}{{ range(3) }}{% endfor %}") == {"a", "b"}


@pytest.mark.parametrize("text", ["{% for %}", "{{ a | nofilter }}", "{{ a"])
def test_what_is_no_template_is_told(text):
    with pytest.raises(ValueError, match="is no Jinja template"):
        variables(text)


@pytest.mark.parametrize("text", ["{{ a }}", "{{ 1 / 0 }}", "{{ range(999999999) | list }}", "{{ ''.__class__.x }}"])
def test_whatever_goes_wrong_is_a_value_error(text):
    with pytest.raises(ValueError, match="cannot be filled: "):
        fill(text, {})


def test_a_line_with_only_a_tag_leaves_no_line_but_in_an_exact_text():
    assert fill("{% if true %}\na\n{% endif %}\n", {}) == "a\n"
    assert fill("{{ 1 }}\n", {}, EXACT) == "1\n"


@dataclass
class Record:
    shown: str = "x"
    _hidden: str = "secret"

    def method(self):
        return "called"


@pytest.mark.parametrize("way", ["record._hidden", "record.__class__", "record.shown.__class__", "record.__dict__"])
def test_what_is_no_field_stays_guarded(way):
    with pytest.raises(ValueError, match="cannot be filled"):
        fill(f"{{{{ {way}.x }}}}", {"record": Record()})


def test_fields_and_methods_are_found():
    assert fill("{{ record.shown }} {{ record.method() }}", {"record": Record()}) == "x called"


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 10 ** 10 }}",
        "{{ 10 ** 10 * 'a' }}",
        "{{ ['a'] * 10 ** 10 }}",
        "{{ 10 ** 99999999 }}",
        "{% for i in range(10 ** 9) %}x{% endfor %}",
        "{% for i in range(100000) %}{% for j in range(100000) %}xxxxxxxxxx{% endfor %}{% endfor %}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    ],
)
def test_a_template_that_grows_without_end_is_stopped(text):
    with pytest.raises(ValueError, match="cannot be filled: "):
        fill(text, {})


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(999) | map('string') %}{% for b in range(999) | map('string') %}{% endfor %}{% endfor %}",
        "{% for a in range(9999) recursive %}{% if loop.depth < 4 %}{{ loop(range(9999)) }}{% endif %}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(30) }}",
        "{% for a in range(9999) %}{% set b = range(99999) | list %}{% endfor %}",
        "{% set x = namespace(a='a') %}{% for i in range(99) %}{% set x.a = x.a ~ x.a %}{% endfor %}",
        "{% set x = namespace(a='a') %}{% for i in range(99) %}{% set x.a = x.a + x.a %}{% endfor %}",
        "{% set x = [1] %}{% for i in range(99) %}{% set _ = x.extend(x) %}{% endfor %}",
        "{% for a in range(99999) %}{% if 'x' * 9999999 == a %}{% endif %}{% endfor %}",
        "{% for a in range(99999) %}{% if 'x' | center(9999999) == a %}{% endif %}{% endfor %}",
        "{{ 'x' | center(width=10 ** 10) }}",
        "{{ 'x'.ljust(10 ** 10) }}",
        "{{ '%099999999d' % 3 }}",
        "{{ '%*d' % (99999999, 3) }}",
        "{{ '{:>99999999}'.format('x') }}",
        "{{ '%099999999d' | format(3) }}",
        "{{ '%*d' | format(99999999, 3) }}",
    ],
)
def test_a_template_that_takes_too_long_is_stopped(text):
    with pytest.raises(ValueError, match=r"cannot be filled: it (takes|makes) more than 10,000,000 (steps|characters)"):
        fill(text, {})


def test_what_loops_filters_and_joins_give_is_what_they_gave_uncounted():
    text = (
        "{% for a in [1, 2] | map('string') %}{{ loop.length }}{{ loop.last }}{{ a ~ '!' }}{% else %}-{% endfor %}"
        "{% filter upper %}abc{% endfilter %}{% set y | upper %}q{% endset %}{{ y }}{{ [1] + [2] }}{{ 2 - 1 + 0.5 }}"
        "{% for key, value in {'b': 1, 'a': 2} | dictsort if value > 1 %}{{ key }}{% endfor %}{{ 'x, y'.split(', ') }}"
    )

    assert fill(text, {}) == "2False1!2True2!ABCQ[1, 2]1.5a['x', 'y']"


def test_texts_are_put_into_others():
    assert (
        fill("{{ '%03d' % 7 }} {{ '{:>3}'.format('x') }} {{ '%s-%s' | format(1, 2) }} {{ 7 % 4 }}", {})
        == "007   x 1-2 3"
    )


def test_small_arithmetic_works():
    assert fill("{{ 2 * 3 }} {{ 2 ** 10 }} {{ '-' * 3 }} {{ 0.5 * 2 }} {{ 2 ** -1 }} {{ [1] * 2 }}", {}) == (
        "6 1024 --- 1.0 0.5 [1, 1]"
    )


@pytest.mark.parametrize("text", ["{{ [1, 2] | random }}", "{{ lipsum() }}"])
def test_nothing_is_drawn_at_random(text):
    with pytest.raises(ValueError, match=r"random|lipsum"):
        fill(text, {})


@pytest.mark.parametrize("hostile", ["{{ 7 * 7 }}", "{% for x in y %}", "{# x #}", "${oc.env:HOME}", "a\0b\x1b[31m\r"])
def test_what_stands_in_a_text_is_never_evaluated(hostile):
    assert fill("<{{ a }}>", {"a": hostile}) == f"<{hostile}>"
    assert fill("{{ a | one_line }}", {"a": f"{hostile}"}) == one_line(hostile)


def test_a_long_text_is_whole_also_where_much_of_it_is_empty():
    text = "{% for i in range(5000) %}{{ '' }}{{ '' }}{% endfor %}end{% for i in range(5000) %}{{ i }}{% endfor %}"

    assert fill(text, {}) == "end" + "".join(map(str, range(5000)))
