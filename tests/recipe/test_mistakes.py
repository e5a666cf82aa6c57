import pytest

from selfinstruct.errors import DataError
from selfinstruct.recipe.mistakes import LINES, mistakes_in, shared_out
from selfinstruct.source import Mistake, Row


class GenerationSampling:
    """A source of rows and mistakes in a list."""

    def __init__(self, **tasks):
        self._tasks = tasks

    def rows(self, task):
        for item in self._tasks[task]:
            if isinstance(item, Exception):
                raise item
            yield item


def found(columns=frozenset(), **tasks):
    return shared_out({task: mistakes_in(GenerationSampling(**tasks), task, columns) for task in tasks})


def bad(task, count):
    return [Mistake(f"{task}:{number}", "is no row") for number in range(1, count + 1)]


@pytest.mark.parametrize("files", [2, 5, 9])
def test_each_odd_file_is_named_however_many_mistakes_the_first_has(files):
    tasks = {f"f{number}": bad(f"f{number}", 1000 if number == 0 else 3) for number in range(files)}
    shown = found(**tasks)

    assert len(shown) <= LINES
    assert all(any(line.startswith(f"{task}:1: ") for line in shown) for task in tasks)


def test_what_is_not_shown_is_counted():
    assert found(a=bad("a", 300))[-1] == "a: and 281 more mistakes."
    assert len(found(a=bad("a", LINES))) == LINES


def test_a_file_that_cannot_be_read_any_further_is_one_mistake_and_the_next_is_read():
    shown = found(a=[*bad("a", 1), DataError(["a: cannot be read."])], b=bad("b", 1))

    assert shown == ["a:1: is no row.", "a: cannot be read.", "b:1: is no row."]


def test_a_column_that_is_missing_is_reported_once():
    rows = [Row("a", f"a:{number}", {"x": 1}) for number in (1, 2)]

    assert found({"x", "y"}, a=rows) == ["a:1: column 'y' is missing, and in 1 more rows; there are: x."]


def test_data_without_mistakes_has_none():
    assert found({"x"}, a=[Row("a", "a:1", {"x": 1})]) == []
