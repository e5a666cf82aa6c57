"""How labels are read out of an instruction that is not the offline model's own."""

import pytest

from selfinstruct.model.grammar.instances import named_labels, sounds_closed


@pytest.mark.parametrize(
    ("instruction", "labels"),
    [
        ("Classify the sentiment into positive, negative or mixed.", ["positive", "negative", "mixed"]),
        ('You can answer "Support" or "Unsupport".', ["Support", "Unsupport"]),
        ("Judge the claim, it is true if it holds.", ["true", "false"]),
        ("Tell if the sentence contains toxic language.", ["yes", "no"]),
        ("Find the odd one out.", ["first label", "second label"]),
    ],
)
def test_labels_are_read_out_of_an_instruction(instruction, labels):
    assert named_labels(instruction) == labels


@pytest.mark.parametrize(
    ("instruction", "is_closed"),
    [
        ("Mark the post as sarcastic or sincere.", True),
        ("Assign the fossil to an era: Paleozoic, Mesozoic or Cenozoic.", True),
        ("Decide whether the syllogism is sound.", True),
        ("Verify if the claim is true or false. If so, explain why.", False),
        ("Propose labels for the podcasts of a library.", False),
        ("Name a bird.", False),
    ],
)
def test_an_instruction_is_judged_by_its_wording(instruction, is_closed):
    assert sounds_closed(instruction) is is_closed
