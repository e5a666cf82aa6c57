"""The grammar of the offline model."""

import json
import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from random import Random

import pytest
from rapidfuzz.distance import LCSseq

from selfinstruct.model import grammar
from selfinstruct.model.grammar import evolving
from selfinstruct.model.grammar.around import PLAIN, SHAPING, condition, honoured, scene
from selfinstruct.model.grammar.frame import Closed, Frame, Open, Wording
from selfinstruct.model.grammar.labels import named_labels, sounds_closed
from selfinstruct.model.grammar.words import book, enumeration, fill, number, plural, with_articles, words
from selfinstruct.request import Decoding, Request

BARRED = re.compile(r"\b(images?|graphs?|pictures?|files?|maps?|draw|plot|go to)\b|^Write a program", re.IGNORECASE)


def every_wording() -> Iterator[tuple[Wording, Frame]]:
    for kind in grammar.SHARES:
        yield from grammar.wordings(kind)[0]


def made(wording: Wording, frame: Frame, rng: Random) -> str:
    return grammar.said(wording, rng, frame.labels(rng) if isinstance(frame, Closed) else [])


def answer(instruction: str, number: int = 0) -> tuple[str, str]:
    task = grammar.known(instruction)
    assert task is not None, instruction
    return task.answer(Random(number))


def instructions(count: int, number: int = 0) -> list[str]:
    rng = Random(number)
    return [grammar.instruction(rng) for _ in range(count)]


def test_there_are_far_more_than_eighty_wordings() -> None:
    assert len({wording.text for wording, _ in every_wording()}) > 300


def test_every_wording_is_known_again_as_its_own_frame() -> None:
    rng = Random(0)

    for wording, frame in every_wording():
        for _ in range(3):
            instruction = made(wording, frame, rng)
            task = grammar.known(instruction)
            assert task is not None, instruction
            assert task.frame is frame, (instruction, task.frame.wordings)


def test_an_instruction_is_known_again_in_lower_case_and_with_sentences_around_it() -> None:
    rng = Random(1)

    for wording, frame in every_wording():
        instruction = made(wording, frame, rng)
        after = condition(rng, SHAPING if frame in grammar.SHAPED else PLAIN)
        for text in (instruction.capitalize(), f"{scene(rng)} {instruction}", f"{instruction} {after}"):
            task = grammar.known(text)
            assert task is not None, text
            assert task.frame is frame, (text, task.frame.wordings)
            assert all(task.example(rng, label) for label in task.labels)
            assert task.labels or task.answer(rng)[1]


def test_every_free_task_has_an_output_that_is_neither_empty_nor_its_input() -> None:
    rng = Random(2)

    for wording, frame in every_wording():
        if isinstance(frame, Open):
            given, output = answer(made(wording, frame, rng))
            assert output.strip(), wording.text
            assert output != given
            assert not output.endswith(":")
            assert "{" not in output or "JavaScript" in wording.text or "code" in wording.text or "JSON" in wording.text


def test_every_classification_task_has_inputs_for_the_labels_that_it_names() -> None:
    rng = Random(3)

    for wording, frame in every_wording():
        if isinstance(frame, Closed):
            labels = frame.labels(rng)
            task = grammar.known(grammar.said(wording, rng, labels))
            assert task is not None
            assert task.labels == labels
            assert all(task.example(rng, label).strip() for label in labels)


def test_another_instruction_is_not_known() -> None:
    assert grammar.known("Explain the following idiom to me, and try to give me some examples.") is None
    assert grammar.known("") is None


def test_the_kinds_of_task_mix_as_they_should() -> None:
    tasks = [task for text in instructions(3000) if (task := grammar.known(text)) is not None]
    free = [task for task in tasks if isinstance(task.frame, Open)]
    closed_share = 1 - len(free) / len(tasks)
    without_input = sum(task.answer(Random(0))[0] == "" for task in free) / len(free)

    assert 0.25 < closed_share < 0.31
    assert 0.4 < without_input < 0.6  # of all but classification; about 36 % of all tasks


def test_instructions_are_four_to_forty_five_words_long() -> None:
    lengths = [len(text.split()) for text in instructions(3000)]

    assert min(lengths) >= 4
    assert max(lengths) <= 45
    assert 15 < sum(lengths) / len(lengths) < 19


def test_a_few_instructions_ask_for_what_no_text_model_can_do() -> None:
    texts = instructions(4000)
    barred = [text for text in texts if BARRED.search(text)]

    assert 0.01 < len(barred) / len(texts) < 0.025
    assert any(text.startswith("Write a program") for text in barred)


def test_no_wording_and_no_word_is_barred_by_itself() -> None:
    rng = Random(4)

    for wording, frame in every_wording():
        assert not BARRED.search(made(wording, frame, rng))


def test_a_pool_of_three_hundred_fills_with_hardly_a_rejection() -> None:
    kept: list[list[str]] = []
    texts = instructions(330)
    for text in texts:
        tokens = re.findall("[a-z0-9]+", text.lower())
        if all(2 * LCSseq.similarity(tokens, other) / (len(tokens) + len(other)) <= 0.7 for other in kept):
            kept.append(tokens)

    assert len(kept) >= 300


@pytest.mark.parametrize(
    ("instruction", "right"),
    [
        ("Add up the tips that a busy cook earned at a spa hotel.", lambda v: sum(v)),
        ("Calculate the spread of the monthly bills of a tea house.", lambda v: max(v) - min(v)),
        ("Pick out the largest value among the monthly bills of a tea house.", lambda v: max(v)),
        ("How many odd numbers occur in the monthly bills of a tea house?", lambda v: sum(n % 2 for n in v)),
        ("Name the second largest of the monthly bills of a tea house.", lambda v: sorted(set(v))[-2]),
        ("How often do the monthly bills of a tea house go beyond 200?", lambda v: sum(n > 200 for n in v)),
        ("Give the top three of the monthly bills of a tea house.", lambda v: sorted(v)[:-4:-1]),
        ("Read the monthly bills of a tea house backwards, last one first.", lambda v: v[::-1]),
        ("Rank the monthly bills of a tea house, starting with the largest.", lambda v: sorted(v, reverse=True)),
        ("Double each of the monthly bills of a tea house.", lambda v: [2 * n for n in v]),
    ],
)
def test_figures_are_reckoned_right(instruction: str, right: object) -> None:
    for draw in range(5):
        given, output = answer(instruction, draw)
        wanted = right([int(figure) for figure in re.findall(r"\d+", given)])  # type: ignore[operator]

        assert [int(figure) for figure in output.split(", ")] == (wanted if isinstance(wanted, list) else [wanted])


def test_an_average_is_rounded_to_one_decimal() -> None:
    given, output = answer("Work out the mean of the monthly bills of a tea house, rounded to one decimal.")
    values = [int(figure) for figure in re.findall(r"\d+", given)]

    assert abs(Fraction(sum(values), len(values)) - Fraction(output)) <= Fraction(1, 20)


def test_words_are_sorted_right() -> None:
    given, output = answer("Sort the animals seen by Leo near a spa hotel alphabetically.")
    items = output.split(", ")

    assert items == sorted(items)
    assert all(item in given for item in items)


def test_tables_become_json() -> None:
    given, output = answer("Convert the CSV rows about the members of a choir in Oslo to JSON.")
    header, *lines = given.splitlines()

    assert [",".join(row.values()) for row in json.loads(output)] == lines
    assert ",".join(json.loads(output)[0]) == header


def test_weekdays_are_right() -> None:
    given, output = answer("Give the weekday of the date on Ada's kettle.")

    assert date.fromisoformat(given.removeprefix("Date: ")).strftime("%A") == output


@pytest.mark.parametrize(
    ("instruction", "output"),
    [
        ("Ada buys 12 kettles for 30 euros each. How much does that cost at a spa hotel?", "360 euros"),
        ("315 guests come to a dog show, and 20 chairs fit in a row. How many rows are needed?", "16"),
        ("What is 15 percent of 200, the number of bells at a spa hotel?", "30"),
        ("Take 15 percent off a price of 200 euros for lentil soup.", "170"),
        ("If four bakers share 210 euros equally, what does each of them get after a dog show?", "52.50 euros"),
        ("Convert 200 kilometres to miles for a busy cook.", "124.274 miles"),
        ("At 40 kilometres an hour, how many hours does a fox need for 110 kilometres?", "2.75 hours"),
        ("What is the capital of Kenya, where Ada spent spring fasting?", "Nairobi"),
        ("On which continent lies Peru, the home of a busy cook named Ada?", "South America"),
        ("A busy cook needs Python code that reverses a string.", "def reverse(text):\n    return text[::-1]"),
    ],
)
def test_questions_get_the_right_answer(instruction: str, output: str) -> None:
    assert answer(instruction) == ("", output)


def test_lists_have_as_many_lines_as_asked_for() -> None:
    _, output = answer("List seven tips for busy cooks who are new to fasting.")

    assert len(output.splitlines()) == 7


def test_a_budget_adds_up() -> None:
    _, output = answer("Split a budget of 250 euros for a dog show in Oslo.")
    *parts, total = [int(amount) for amount in re.findall(r"\d+", output)]

    assert sum(parts) == total == 250


@pytest.mark.parametrize(
    ("instruction", "label", "is_right"),
    [
        ("Is the number of bells at a spa hotel even? Say 1 or 0.", "0", lambda n: n % 2 == 1),
        ("Does the count of foxes near Oslo exceed 50? Say yes or no.", "no", lambda n: n <= 50),
        ("Is the year on a tiny bell later than 2000? Say true or false.", "true", lambda n: n > 2000),
        ("Can cooks at a dog show be seated in rows of six without a gap? Say yes or no.", "yes", lambda n: n % 6 == 0),
    ],
)
def test_examples_have_their_label(instruction: str, label: str, is_right: object) -> None:
    task = grammar.known(instruction)

    assert task is not None
    for draw in range(10):
        assert is_right(int(re.findall(r"\d+", task.example(Random(draw), label))[-1]))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        ("End with a question.", "Fine. What would you have done?"),
        ("Mention a tiny bell at least once.", "Fine. And somewhere stood a tiny bell."),
        ("Begin with the word today.", "Today - Fine."),
        ("Do not exceed 150 words.", "Fine."),
        ("", "Fine."),
    ],
)
def test_a_condition_behind_a_task_is_met(after: str, wanted: str) -> None:
    assert honoured("Fine.", after) == wanted


def test_a_sentence_behind_a_list_gets_a_line_of_its_own() -> None:
    assert honoured("- bell", "End with a question.") == "- bell\nWhat would you have done?"


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
def test_labels_are_read_out_of_unknown_instructions(instruction: str, labels: list[str]) -> None:
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
def test_unknown_instructions_are_judged_by_their_wording(instruction: str, is_closed: bool) -> None:
    assert sounds_closed(instruction) is is_closed


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("a owl met a user in a hour", "an owl met a user in an hour"),
        ("a unicycle and a umbrella", "a unicycle and an umbrella"),
        ("A egg for a European", "An egg for a European"),
        ("a honest one", "an honest one"),
    ],
)
def test_articles_are_mended(text: str, mended: str) -> None:
    assert with_articles(text) == mended


@pytest.mark.parametrize(
    ("noun", "many"),
    [("lantern", "lanterns"), ("fox", "foxes"), ("fisherman", "fishermen"), ("pony", "ponies"), ("goose", "geese")],
)
def test_nouns_have_plurals(noun: str, many: str) -> None:
    assert plural(noun) == many


def test_jellyfish_stay_jellyfish() -> None:
    assert plural("jellyfish") == "jellyfish"


def test_a_numbered_slot_is_the_same_word_throughout() -> None:
    first, _, second = fill("{first_name_1} and {first_name_1}", Random(0)).partition(" and ")

    assert first == second


def test_every_word_list_is_free_of_doubles() -> None:
    for name in book()["words"]:
        assert len(set(words(name))) == len(words(name)), name


def test_numbers_and_rows_are_read_and_written() -> None:
    assert (number("seven"), number("12")) == (7, 12)
    assert enumeration(["a"]) == "a"
    assert enumeration(["a", "b", "c"], "or") == "a, b or c"


def asks(expects: str, text: str, *, chat: bool = True) -> Request:
    return Request("stage/1/1", "stage", 1, text, None, chat, Decoding(), expects)


OPERATIONS = {
    "breadth": "think of another one that nobody has asked yet.",
    "complicate": "Let it bring data that have to be read.",
    "reason": "let it call for several steps of reasoning.",
    "deepen": "let it ask further into that matter.",
    "concretise": "Put something particular where it speaks in general.",
    "constrain": "Set one more condition.",
}


@pytest.mark.parametrize(("operation", "method"), OPERATIONS.items())
def test_a_prompt_is_evolved_by_the_operation_that_is_asked_for(operation: str, method: str) -> None:
    text = f"Make it harder.\n{method}\n\nGiven prompt:\nName a bird.\n\nRewritten prompt:"
    request = asks("rewritten_text", text)

    assert evolving.at_hand(request.text) == ("Name a bird.", operation)
    for draw in range(20):
        made = evolving.evolved(request, Random(draw), 0.0, spoiled=False)
        assert ("Name a bird." in made) == (operation != "breadth")
        assert made.strip('"') != "Name a bird."


def test_repeats_leave_a_prompt_hardly_changed_and_its_judge_sees_it() -> None:
    for draw in range(20):
        request = asks("rewritten_text", "Given prompt:\nName the birds.\n\nNew prompt:", chat=False)
        made = (
            evolving.evolved(request, Random(draw), 1.0, spoiled=False).strip(' "').removeprefix("#Rewritten Prompt#: ")
        )
        pair = f"First prompt:\nName the birds.\n\nSecond prompt:\n{made}\n\nVerdict:"
        assert "not" not in evolving.equality(asks("equality", pair), Random(draw), spoiled=False).lower()
    other = "First prompt:\nName the birds.\n\nSecond prompt:\nSing two songs of old sailors.\n\nVerdict:"
    assert "not equal" in evolving.equality(asks("equality", other, chat=False), Random(0), spoiled=False).lower()


def test_spoiled_replies_to_evol_instruct_have_the_faults_of_real_ones() -> None:
    text = "Given prompt:\nName a bird.\n\nRewritten prompt:"
    said = {evolving.evolved(asks("rewritten_text", text), Random(n), 0.0, spoiled=True) for n in range(30)}
    assert "" in said
    assert any("given prompt" in reply for reply in said)
    answers = {evolving.whole_reply(asks("whole_reply", "Name a bird."), Random(n), spoiled=True) for n in range(60)}
    assert answers == {*evolving.REFUSALS, *evolving.EMPTY_WORDS}
    assert evolving.equality(asks("equality", text), Random(0), spoiled=True) not in ("Equal", "Not Equal")
    assert evolving.rating(asks("rating", text), Random(0), spoiled=True) in ("Quite hard", "Between 3 and 8", "11")


def test_longer_prompts_are_rated_harder() -> None:
    def rated(words: int) -> int:
        text = f"Prompt:\n{'word ' * words}\n\nRating:"
        said = evolving.rating(asks("rating", text, chat=False), Random(1), spoiled=False)
        return int(re.findall(r"\d+", said)[0])

    assert rated(5) < rated(60) < rated(500) == 10


def test_an_evolved_instruction_of_its_own_is_answered() -> None:
    said = [evolving.whole_reply(asks("whole_reply", text), Random(0), spoiled=False) for text in instructions(60)]
    assert all(said)
    assert sum("placeholder" in reply for reply in said) < 6
    assert "placeholder" in evolving.whole_reply(asks("whole_reply", "Ahoi!"), Random(0), spoiled=False)
