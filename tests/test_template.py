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
