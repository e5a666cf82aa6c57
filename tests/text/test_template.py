import json
from dataclasses import dataclass

import pytest

from selfinstruct.text.template import EXACT, Form, as_sentence, fill, one_line, variables


def test_an_instruction_is_put_on_one_line_without_the_colons_at_its_end():
    assert one_line("  Sort\n these \t words: :: ") == "Sort these words"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        *(("Sort these", "Sort these."), ("Done.", "Done."), ("Why?", "Why?"), ("A list:", "A list:")),
        *(('He said "no"', 'He said "no"'), ("(see below)", "(see below)"), ("", "")),
        *(("何ですか？", "何ですか？."), ("naïve", "naïve.")),
    ],
)
def test_a_text_gets_a_full_stop_unless_ascii_punctuation_ends_it(text, sentence):
    assert as_sentence(text) == fill("{{ text | as_sentence }}", {"text": text}) == sentence


def test_the_wanted_variables_are_named():
    assert variables("{{ a }}{% for x in b %}{{ x }}{{ range(3) }}{% endfor %}") == {"a", "b"}


@pytest.mark.parametrize("text", ["{% for %}", "{{ a | nofilter }}", "{{ a"])
def test_what_is_no_template_is_reported(text):
    with pytest.raises(ValueError, match="is not a Jinja template"):
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
    ["{{ " + "(" * 10_000 + "1" + ")" * 10_000 + " }}", "{% if true %}" * 3000 + "{% endif %}" * 3000],
)
def test_a_text_that_is_nested_too_deeply_is_reported(text):
    with pytest.raises(ValueError, match="is not a Jinja template: maximum recursion depth exceeded"):
        variables(text)


@pytest.mark.parametrize("text", ["{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "{{ range(10 ** 9) }}"])
def test_a_template_that_calls_itself_without_end_or_counts_too_far_is_reported(text):
    with pytest.raises(ValueError, match="cannot be filled: "):
        fill(text, {})


def test_a_text_longer_than_any_model_reads_is_reported():
    with pytest.raises(ValueError, match="cannot be filled: it makes more than 10,000,000 characters"):
        fill("{{ a }}{{ a }}", {"a": "x" * 5_000_001})


def test_an_error_is_one_short_line_however_long_the_template_made_it():
    with pytest.raises(ValueError, match="cannot be filled: ") as caught:
        fill("{{ ('a\n' * 9999) | int(default='x') + 1 + ('b' * 9999)['c'] }}", {})

    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_a_form_says_what_is_written_for_a_value():
    assert fill("{{ none }}{{ [1] }}", {}, Form(write=json.dumps)) == "null[1]"


def test_loops_filters_and_joins_work():
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
