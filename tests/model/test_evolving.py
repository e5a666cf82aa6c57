"""What the offline model writes for Evol-Instruct."""

import re

import pytest

from selfinstruct.model.grammar.evolving import (
    EMPTY_WORDS,
    REFUSALS,
    at_hand,
    equality,
    evolved,
    rating,
    whole_reply,
)
from selfinstruct.model.grammar.tasks import instruction

OPERATIONS = {
    "breadth": "think of another one that nobody has asked yet.",
    "complicate": "Let it bring data that have to be read.",
    "reason_more": "let it call for several steps of reasoning.",
    "deepen": "let it ask further into that matter.",
    "concretize": "Put something particular where it speaks in general.",
    "constrain": "Set one more condition.",
}


@pytest.mark.parametrize(("operation", "method"), OPERATIONS.items())
def test_a_prompt_is_evolved_by_the_operation_that_is_asked_for(asking, operation, method):
    text = f"Make it harder.\n{method}\n\nGiven prompt:\nName a bird.\n\nRewritten prompt:"

    assert at_hand(text) == ("Name a bird.", operation)
    for draw in range(20):
        made = evolved(asking(text, draw=draw))
        assert ("Name a bird." in made) == (operation != "breadth")
        assert made.strip('"') != "Name a bird."


def test_repeats_leave_a_prompt_hardly_changed_and_the_judge_sees_it(asking):
    for draw in range(20):
        text = "Given prompt:\nName the birds.\n\nNew prompt:"
        made = (
            evolved(asking(text, chat=False, draw=draw, repeats=1.0)).strip(' "').removeprefix("#Rewritten Prompt#: ")
        )
        pair = f"First prompt:\nName the birds.\n\nSecond prompt:\n{made}\n\nVerdict:"
        assert "not" not in equality(asking(pair, draw=draw)).lower()
    other = "First prompt:\nName the birds.\n\nSecond prompt:\nSing two songs of old sailors.\n\nVerdict:"
    assert "not equal" in equality(asking(other, chat=False)).lower()


def test_spoiled_replies_have_the_faults_of_real_ones(asking):
    text = "Given prompt:\nName a bird.\n\nRewritten prompt:"
    said = {evolved(asking(text, draw=draw, spoiled=True)) for draw in range(30)}

    assert "" in said
    assert any("given prompt" in reply for reply in said)
    answers = {whole_reply(asking("Name a bird.", draw=draw, spoiled=True)) for draw in range(60)}
    assert answers == {*REFUSALS, *EMPTY_WORDS}
    assert equality(asking(text, spoiled=True)) not in ("Equal", "Not Equal")
    assert rating(asking(text, spoiled=True)) in ("Quite hard", "Between 3 and 8", "11")


def test_longer_prompts_are_rated_harder(asking):
    def rated(words):
        text = f"Prompt:\n{'word ' * words}\n\nRating:"
        return int(re.findall(r"\d+", rating(asking(text, draw=1)))[0])

    assert rated(5) < rated(60) < rated(500) == 10


def test_an_evolved_instruction_of_its_own_is_answered(asking):
    texts = [instruction(asking("", draw=draw).rng) for draw in range(60)]
    said = [whole_reply(asking(text)) for text in texts]

    assert all(said)
    assert sum("placeholder" in reply for reply in said) < 6
    assert "placeholder" in whole_reply(asking("Ahoi!"))
