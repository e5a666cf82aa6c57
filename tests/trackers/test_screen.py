from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper

import pytest

from selfinstruct.trackers.screen import WIDE, Recent, screen, width_of


@pytest.mark.parametrize(("columns", "width"), [("40", 40), ("0", WIDE), ("wide", WIDE), ("", WIDE)])
def test_columns_decide_how_wide_a_file_is(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)

    assert width_of(is_terminal=False) == width


def test_a_reader_that_is_gone_is_an_error_and_no_silent_exit(monkeypatch):
    class Gone(BytesIO):
        def write(self, content):
            raise BrokenPipeError

    output = TextIOWrapper(Gone(), encoding="utf-8", write_through=True)
    with redirect_stdout(output), pytest.raises(BrokenPipeError):
        screen().print("a line")
    output.detach()


def test_the_pace_is_that_of_the_stages_last_rounds():
    recent = Recent()
    paces = [recent.pace("a", 1) for _ in range(30)]
    kept_nothing = recent.pace("b", 0)

    assert min(paces) > 0
    assert kept_nothing == 0
