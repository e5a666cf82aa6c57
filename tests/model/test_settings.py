import pytest

from selfinstruct.model.replies import Price
from selfinstruct.model.settings import is_url, key_in, problems_of_key, problems_of_values

NO_PRICE = Price(prompt=None, completion=None)


def test_a_key_is_read_from_the_variable_without_the_space_around_it(monkeypatch):
    monkeypatch.setenv("SOME_KEY", " abc\n")

    assert key_in("SOME_KEY") == "abc"


@pytest.mark.parametrize("variable", [None, "SOME_KEY"])
def test_without_variable_or_value_there_is_no_key(variable, monkeypatch):
    monkeypatch.setenv("SOME_KEY", " ")

    assert key_in(variable) is None
    assert problems_of_key("m", variable, required=False) == []
    assert len(problems_of_key("m", variable, required=True)) == 1


def test_a_key_that_is_there_is_no_problem(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "abc")

    assert problems_of_key("m", "SOME_KEY", required=True) == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("https://host", True),
        ("host/v1", False),
        ("ftp://host", False),
        ("http://", False),
        ("http://[", False),
    ],
)
def test_an_address_names_protocol_and_host(text, is_one):
    assert is_url(text) is is_one


def test_values_without_fault_have_no_problem():
    assert problems_of_values(None, NO_PRICE, {}) == []
    assert problems_of_values("http://h", Price(prompt=1, completion=2), {"top_k": 1}) == []


def test_every_problem_of_the_values_is_told():
    assert len(problems_of_values("h", Price(prompt=1, completion=None), {"n": 1, "stop": 2})) == 4
