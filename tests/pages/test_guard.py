import re
import socket

import pytest

from selfinstruct.pages.guard import HEADERS, Guard, token_for
from selfinstruct.pages.server import Response, Route

OWN = Guard(host="127.0.0.1", port=7531)
ABROAD = Guard(host="10.0.0.7", port=7531, token="abc")
ROUTES = [
    Route(path="/", answer=lambda asked: Response(body="fine")),
    Route(path="/", method="POST", answer=lambda asked: Response(body=f"stored {asked.form['grade']}")),
]
HOST = {"Host": "127.0.0.1:7531"}


@pytest.mark.parametrize("host", ["127.0.0.1:7531", "localhost:7531", "[::1]:7531"])
def test_the_names_of_the_own_interface_are_known(host):
    assert not OWN.misdirected([host])


@pytest.mark.parametrize(
    "host",
    ["evil.example:7531", "127.0.0.1", "127.0.0.1:80", "localhost:7531.evil.example", "[::]:7531", "10.0.0.7:7531", ""],
)
def test_another_host_is_misdirected(host):
    assert OWN.misdirected([host])


def test_two_hosts_or_none_are_misdirected():
    assert OWN.misdirected(["localhost:7531", "localhost:7531"])
    assert OWN.misdirected([])


def test_a_browser_leaves_out_port_80():
    assert not Guard(host="localhost", port=80).misdirected(["localhost"])


def test_a_host_that_was_asked_for_is_known():
    assert not ABROAD.misdirected(["10.0.0.7:7531"])
    assert ABROAD.misdirected(["evil.example:7531"])


def test_where_every_interface_is_listened_on_any_name_with_the_port_is_known():
    everywhere = Guard(host="0.0.0.0", port=7531, token="abc")

    assert not everywhere.misdirected(["my-machine:7531"])
    assert everywhere.misdirected(["my-machine:80"])


def test_a_wrong_host_gets_421(ask):
    answer = ask(ROUTES, "/", guard=OWN, headers={"Host": "evil.example:7531"})

    assert answer.status == 421
    assert "fine" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:7531"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
def test_what_another_page_sends_is_refused(ask, headers):
    answer = ask(ROUTES, "/", "POST", guard=OWN, headers=HOST | headers, data={"grade": "A"})

    assert answer.status == 403
    assert "stored" not in answer.text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1:7531"}])
def test_what_a_page_of_the_server_sends_is_taken(ask, headers):
    answer = ask(ROUTES, "/", "POST", guard=OWN, headers=HOST | headers, data={"grade": "A"})

    assert (answer.status, answer.text) == (200, "stored A")


def test_a_large_body_is_refused(ask):
    data = {"grade": "A" * 70_000}
    answer = ask(ROUTES, "/", "POST", guard=OWN, headers=HOST | {"Sec-Fetch-Site": "same-origin"}, data=data)

    assert answer.status == 413
    assert "stored" not in answer.text


@pytest.mark.parametrize("path", ["/", "/missing", "/static/style.css", "/?token=x"])
@pytest.mark.parametrize("host", ["127.0.0.1:7531", "evil.example"])
def test_every_answer_has_the_policy(ask, path, host):
    assert HEADERS.items() <= ask(ROUTES, path, guard=OWN, headers={"Host": host}).headers.items()


def test_the_own_interface_needs_no_token():
    assert token_for("127.0.0.1") is None
    assert Guard(host="::1", port=1).address() == "http://[::1]:1/"


def test_every_token_is_another_one():
    assert token_for("10.0.0.7") != token_for("10.0.0.7")


def test_another_host_asks_for_the_token(ask):
    headers = {"Host": "10.0.0.7:7531"}

    assert ask(ROUTES, "/", guard=ABROAD, headers=headers).status == 403
    assert ask(ROUTES, "/?token=abd", guard=ABROAD, headers=headers).status == 403
    assert ask(ROUTES, "/", guard=ABROAD, headers=headers | {"Cookie": "selfinstruct-7531=abd"}).status == 403
    assert ask(ROUTES, "/", guard=ABROAD, headers=headers | {"Cookie": "selfinstruct-7531=abc"}).text == "fine"


def test_the_token_moves_from_the_address_into_a_cookie(ask):
    answer = ask(ROUTES, "/a?q=%25&token=abc", guard=ABROAD, headers={"Host": "10.0.0.7:7531"})

    assert (answer.status, answer.headers["Location"]) == (303, "/a?q=%25")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]


def test_the_token_leads_to_no_other_host(ask):
    answer = ask(ROUTES, "//evil.example/?token=abc", guard=ABROAD, headers={"Host": "10.0.0.7:7531"})

    assert not answer.headers["Location"].startswith("//")


def test_every_interface_is_opened_here_and_by_its_names_from_elsewhere():
    everywhere = Guard(host="0.0.0.0", port=7531, token="abc")
    here, *there = re.findall(r"http://([^/ ]+)/\?token=abc", everywhere.addresses)

    assert here == "localhost:7531"
    assert f"{socket.gethostname()}:7531" in there
    assert not everywhere.misdirected([here])
    assert not any(everywhere.misdirected([host]) or "0.0.0.0" in host for host in there)


def test_one_interface_has_one_address():
    assert ABROAD.addresses == "http://10.0.0.7:7531/?token=abc"
