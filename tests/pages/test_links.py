from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from selfinstruct.pages.links import link, request_link, task_link


@example("..")
@example(".")
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_id_comes_back_out_of_its_address(name):
    address = urlsplit(task_link("run", name))

    if name in (".", ".."):
        assert parse_qs(address.query) == {"id": [name]}
    else:
        assert address.path.count("/") == 3
        assert unquote(address.path.split("/")[3]) == name


def test_an_empty_value_is_left_out():
    assert link("a b", "tasks", q="x y&z", sort="", after=None) == "/a%20b/tasks?q=x+y%26z"


def test_the_name_of_a_stage_may_hold_a_slash():
    assert request_link("run", "my/stage/3/2") == "/run/requests/my%2Fstage/3/2"


def test_half_a_surrogate_pair_is_no_obstacle():
    assert link("\ud800") == "/%5Cud800"
