from selfinstruct.pages.pieces import in_reply, one_line, outcomes
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance


def test_of_two_equal_pieces_the_first_was_kept():
    twin, talk = Candidate(instruction="a"), Rejection("parse", "preamble", text="Sure")
    second = Rejection("similarity", "", candidate=twin)

    found = outcomes([talk, twin, twin, Candidate(instruction="b")], [talk, second], [("a", None)])

    assert [(outcome.number, outcome.kept) for outcome in found] == [(1, None), (None, 0), (2, None), (None, None)]
    instance = Candidate(instances=(Instance("i", "o"),))
    assert outcomes([instance], [Rejection("x", "", candidate=instance)], [])[0].number == 1


def test_pieces_stand_in_the_order_of_the_reply():
    reply = "Sure!\n1. Write a poem.\n2. Sing  a song.\n3. Add these."
    rejections = [
        Rejection("parse", "", text="Sure!"),
        Rejection("x", "", candidate=Candidate(instruction="Add these.")),
    ]
    kept = [Candidate(instruction="Sing a song."), Candidate(instruction="Written otherwise.")]

    found = in_reply(reply, rejections, kept)

    assert [(outcome.number, outcome.kept) for outcome in found] == [(1, None), (None, 0), (2, None), (None, 1)]


def test_a_long_text_in_one_line_is_shortened():
    assert one_line("a\n  b") == "a b"
    assert len(one_line("x" * 500)) == 300
