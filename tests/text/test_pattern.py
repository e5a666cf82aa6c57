import re

import pytest

from selfinstruct.text.pattern import lazy


def test_a_lazy_pattern_does_what_the_compiled_one_does() -> None:
    pattern = lazy(r"a(?P<rest>\w*)", re.IGNORECASE)

    assert pattern.sub("x", "Abc") == "x"
    assert [match["rest"] for match in pattern.finditer("abc ad")] == ["bc", "d"]
    assert pattern.match("b") is None


def test_a_mistake_in_a_lazy_pattern_is_reported_when_it_is_used() -> None:
    pattern = lazy("(")

    with pytest.raises(re.error):
        pattern.match("a")
