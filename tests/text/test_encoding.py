import pytest

from selfinstruct.text.encoding import misread


def test_text_in_utf_8_has_no_wrong_line():
    assert list(misread("\ufeffä\r\n😀\0\n".encode())) == []


def test_every_line_with_a_wrong_byte_is_reported_with_its_place():
    assert list(misread(b"ok\ncaf\xc3\xa9 \xe9\n\xff\xff\n")) == [
        (2, "byte 0xe9 at column 6 is not UTF-8. Save the file as UTF-8"),
        (3, "byte 0xff at column 1 is not UTF-8. Save the file as UTF-8"),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_reported_once(encoding):
    content = "\ufeff" * (encoding == "utf-16-be") + "a\nb\nc"

    assert list(misread(content.encode(encoding))) == [(1, "is UTF-16, not UTF-8. Save the file as UTF-8")]
