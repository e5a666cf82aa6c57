import os
import re
import signal
import socket
import subprocess
import sys
from urllib.parse import quote

import pytest

from selfinstruct.errors import SelfInstructError
from selfinstruct.pages.guard import HEADERS
from selfinstruct.pages.server import PageError, Response, Route

HOSTILE = "<script>alert(1)</script>\u202e"


def raising(error):
    def answer(asked):
        raise error

    return answer


def in_pieces(asked):
    return Response(body=(f"{number}\n" for number in range(3)), type="text/csv")


def in_half(asked):
    def pieces():
        yield "first"
        raise ValueError

    return Response(body=pieces())


ROUTES = [
    Route(path="/ids/{id}", answer=lambda asked: Response(body=f"{asked.path['id']}|{asked.query.get('q')}")),
    Route(path="/missing", answer=raising(PageError(f"No {HOSTILE}."))),
    Route(path="/unreadable", answer=raising(SelfInstructError(f"Cannot read {HOSTILE}."))),
    Route(path="/bug", answer=raising(ZeroDivisionError("secret"))),
    Route(path="/pieces", answer=in_pieces),
    Route(path="/half", answer=in_half),
    Route(path="/bytes", answer=lambda asked: Response(body=b"%PDF", type="application/pdf")),
    Route(path="/go", method="POST", answer=lambda asked: Response(body="", location="/there")),
]


@pytest.mark.parametrize("id", ["a b", "a/b", 'a"b', "a?b", "a#b", "a%b", "a%2Fb", "é", "\u202e", "a\\b", "a+b;c&d=e"])
def test_an_id_comes_through_the_path(ask, id):
    quoted = quote(id, safe="")

    assert ask(ROUTES, f"/ids/{quoted}?q={quoted}").text == f"{id}|{id}"


def test_a_missing_page_is_a_sentence(ask):
    answer = ask(ROUTES, "/nothing")

    assert answer.status == 404
    assert "There is no such page." in answer.text


@pytest.mark.parametrize(("path", "status"), [("/missing", 404), ("/unreadable", 500)])
def test_an_error_is_a_sentence_without_markup(ask, path, status):
    answer = ask(ROUTES, path)

    assert answer.status == status
    assert HEADERS.items() <= answer.headers.items()
    assert "&lt;script&gt;" in answer.text
    assert "<script>" not in answer.text
    assert "\\u202e" in answer.text
    assert "\u202e" not in answer.text


def test_a_bug_shows_no_detail_on_the_page_and_all_on_the_terminal(ask, caplog):
    answer = ask(ROUTES, "/bug")

    assert answer.status == 500
    assert "bug" in answer.text
    assert HEADERS.items() <= answer.headers.items()
    assert "secret" not in answer.text
    assert "ZeroDivisionError: secret" in caplog.text


def test_another_method_is_refused(ask):
    answer = ask(ROUTES, "/missing", "POST", headers={"Sec-Fetch-Site": "same-origin"})

    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")


def test_an_answer_may_come_in_pieces(ask):
    answer = ask(ROUTES, "/pieces")

    assert answer.text == "0\n1\n2\n"
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert HEADERS.items() <= answer.headers.items()


def test_an_answer_that_breaks_off_does_not_look_whole(ask):
    from aiohttp import ClientError

    with pytest.raises(ClientError):
        ask(ROUTES, "/half")


def test_bytes_have_no_encoding(ask):
    assert ask(ROUTES, "/bytes").headers["Content-Type"] == "application/pdf"


def test_after_a_form_the_browser_goes_elsewhere(ask):
    answer = ask(ROUTES, "/go", "POST", headers={"Sec-Fetch-Site": "same-origin"})

    assert (answer.status, answer.headers["Location"]) == (303, "/there")


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded; charset=nothing"])
def test_a_form_that_cannot_be_read_is_a_sentence(ask, kind):
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": kind}
    answer = ask(ROUTES, "/go", method="POST", data=b"x=1", headers=headers)

    assert answer.status == 400
    assert "cannot be read" in answer.text


def test_styles_and_scripts_of_ours_are_files(ask):
    answer = ask(ROUTES, "/static/style.css")

    assert answer.headers["Content-Type"].startswith("text/css")
    assert ":root" in answer.text


@pytest.mark.parametrize("name", ["html.py", "..%2Fhtml.py", "templates", "nothing.css"])
def test_no_other_file_is_served(ask, name):
    assert ask(ROUTES, f"/static/{name}").status == 404


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_well(number):
    code = "from selfinstruct.pages.server import serve; serve([], '127.0.0.1', 0, name='view')"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
        said = server.stdout.readline()
        server.send_signal(number)

        assert server.wait(60) == 0
    assert said.startswith("Open http://127.0.0.1:")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_while_a_page_waits_for_a_disk(number, tmp_path):
    os.mkfifo(pipe := tmp_path / "pipe")
    code = (
        "from pathlib import Path; from selfinstruct.pages.server import Response, Route, serve;"
        f"page = Route(path='/', answer=lambda asked: Response(body=Path({str(pipe)!r}).read_bytes()));"
        "serve([page], '127.0.0.1', 0, name='view'); print('Ended.')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
        port = int(re.search(r":(\d+)/", server.stdout.readline())[1])
        with socket.create_connection(("127.0.0.1", port)) as browser:
            browser.sendall(f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
            with pipe.open("wb"):  # it is open as soon as the page reads from it
                server.send_signal(number)

                assert server.wait(60) == 0
        assert server.stdout.read() == "Ended.\n"
