from selfinstruct.filters.vocabulary import Vocabulary


def test_words_have_numbers_from_one_on_and_unknown_ones_zero() -> None:
    words = Vocabulary()

    assert words.taken(["a", "b", "a"]) == [1, 2, 1]
    assert words.known(["b", "c", "a"]) == [2, 0, 1]
    assert words.known(["c"]) == [0]


def test_a_text_is_given_back_also_when_words_have_come_since() -> None:
    words = Vocabulary()
    words.taken(["a", "b"])
    before = words.text([2, 1])
    words.taken(["c"])

    assert (before, words.text([3, 1])) == ("b a", "c a")
