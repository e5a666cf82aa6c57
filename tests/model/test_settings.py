import pytest
from virtual import endpoint

from selfinstruct.model.settings import Price, is_url, key_in, keys_within, problems_of_address


def test_a_key_is_read_from_the_variable_without_the_space_around_it(monkeypatch):
    monkeypatch.setenv("SOME_KEY", " abc\n")

    assert key_in("SOME_KEY") == "abc"


@pytest.mark.parametrize("variable", [None, "SOME_KEY"])
def test_without_variable_or_value_there_is_no_key(variable, monkeypatch):
    monkeypatch.setenv("SOME_KEY", " ")

    assert key_in(variable) is None
    assert endpoint(key_env=variable, key_required=False).problems() == []
    assert len(endpoint(key_env=variable, key_required=True).problems()) == 1


def test_a_key_that_is_there_is_no_problem(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "abc")

    assert endpoint(key_env="SOME_KEY", key_required=True).problems() == []


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
    assert endpoint(price=Price(prompt=1, completion=2), extra={"top_k": 1}).problems() == []


def test_every_problem_of_the_values_is_reported():
    wrong = endpoint(api_base="h", price=Price(prompt=1, completion=None), extra={"n": 1, "stop": 2})

    assert len(wrong.problems()) == 4


@pytest.mark.parametrize(
    "text",
    [
        *(
            "http://h/v1?api-version=1",
            "http://h/v1?",
            "http://h/v1#part",
            " http://h/v1",
            "http://h/v1\n",
            "http://h/v 1",
        ),
        *("https://me:hidden@[::1]:80/v1", "https://hidden@h/v1 ?key=hidden#x", "https://h/v1?key=hidden"),
    ],
)
def test_an_address_with_more_than_protocol_host_and_path_is_refused(text):
    (problem,) = problems_of_address(text)

    assert problem.startswith("model.api_base must be a URL such as http://127.0.0.1:8000/v1")
    assert "hidden" not in problem


@pytest.mark.parametrize("text", ["ftp://me:hidden@h", "me:hidden@h/v1"])
def test_what_is_no_address_is_not_shown_where_it_holds_credentials(text):
    (problem,) = problems_of_address(text)

    assert problem.startswith("model.api_base must be a URL")
    assert "hidden" not in problem


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:8000/v1", "https://[::1]:8000/v1/", "http://h", "https://h/a%20b/v1"]
)
def test_an_ordinary_address_is_no_problem(text):
    assert problems_of_address(text) == []


def test_every_key_that_a_config_names_is_found(monkeypatch):
    monkeypatch.setenv("ONE", "first")
    monkeypatch.setenv("TWO", "second")
    stages = {"a": {"model": {"key_env": "TWO"}}, "b": [{"key_env": None}, {"key_env": "UNSET"}]}

    assert list(keys_within({"model": {"key_env": "ONE"}, "recipe": stages})) == ["first", "second"]
