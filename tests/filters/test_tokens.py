import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.tokenize import tokenize

from selfinstruct.filters.tokens import rouge, unicode


@given(st.text())
def test_rouge_cuts_as_the_package_does(text: str) -> None:
    assert rouge(text) == tokenize(text, stemmer=None)


@given(st.text(st.characters(max_codepoint=127)))
def test_unicode_cuts_ascii_as_rouge_does(text: str) -> None:
    assert unicode(text) == rouge(text)


@given(st.text())
def test_unicode_sees_no_difference_between_composed_and_decomposed_letters(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)

    assert unicode(composed) == unicode(decomposed)


@given(st.text())
def test_unicode_loses_no_letter_or_digit_of_folded_text(text: str) -> None:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())

    assert [c for token in unicode(text) for c in token if c.isalnum()] == [c for c in folded if c.isalnum()]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't stop_it!", ["don", "t", "stop", "it"]),
        ("Don’t stop", ["don", "t", "stop"]),
        ("Le CAFÉ naïf", ["le", "café", "naïf"]),
        ("cafe\u0301", ["café"]),
        ("Straße", ["strasse"]),
        ("Ｐｙｔｈｏｎ３", ["python3"]),
        ("用Python写程序", ["用", "python", "写", "程", "序"]),
        ("カナとかな", ["カ", "ナ", "と", "か", "な"]),
        ("문장을 요약하세요.", ["문장을", "요약하세요"]),
        ("Напиши стих", ["напиши", "стих"]),
        ("اكتب قصة", ["اكتب", "قصة"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("สวัสดี", ["ส", "วั", "ส", "ดี"]),
        ("a\u200bb", ["a", "b"]),
        ("naïve\u00adté", ["naïveté"]),
    ],
)
def test_unicode_cuts_every_script(text: str, tokens: list[str]) -> None:
    assert unicode(text) == tokens


@pytest.mark.parametrize("text", ["", "?!", "🎉 ❤️", "……", "\u0301"])
def test_a_text_without_letters_and_digits_has_no_tokens(text: str) -> None:
    assert unicode(text) == []
