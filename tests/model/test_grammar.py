"""The tasks of the offline model: each is recognized again, answered, and answered right where that can be checked."""

import json
import re
from random import Random

import pytest
from rapidfuzz.distance import LCSseq

from selfinstruct.model.grammar.frames import frames
from selfinstruct.model.grammar.languages import asked_in, instruction_in, written
from selfinstruct.model.grammar.tasks import SHARES, answered, behind, instruction, recognize
from selfinstruct.model.grammar.words import fill, sentence

BARRED = re.compile(r"\b(images?|graphs?|pictures?|files?|maps?|draw|plot|go to)\b|^Write a program", re.IGNORECASE)
FRAMES = [frame for kind in SHARES for frame in frames(kind)]


def answer(text, draw=0):
    task = recognize(text)
    assert task is not None, text
    return task.answer(Random(draw))


def instructions(count):
    rng = Random(0)
    return [instruction(rng) for _ in range(count)]


def numbers(text):
    return [int(number) for number in re.findall(r"-?\d+", text)]


def test_every_wording_is_recognized_as_its_own_frame_with_sentences_around_it_and_in_lower_case():
    rng = Random(1)

    for frame in FRAMES:
        text = frame.render(rng)
        before = sentence(fill("{scene}", rng))
        after = rng.choice(behind("conditions") + behind("remarks")).render(rng)
        for said in (text, text.lower().capitalize(), f"{before} {text}", f"{text} {after}"):
            task = recognize(said)
            assert task is not None, said
            assert task.frame == frame, (said, task.frame.wording)


def test_every_task_has_an_output_without_open_slots_that_is_not_its_input():
    rng = Random(2)

    for frame in FRAMES:
        answers = [answer(frame.render(rng), draw) for draw in range(5)]
        assert any(output != given for given, output in answers), frame.wording
        for given, output in answers:
            assert output.strip(), frame.wording
            assert not output.endswith(":")
            assert not re.search(r"\{[a-z_]+\}|<[a-z]+\|", given + output), (frame.wording, output)


def test_every_classification_task_has_inputs_for_each_label_that_it_names():
    rng = Random(3)

    for frame in FRAMES:
        if frame.is_closed:
            task = recognize(frame.render(rng))
            assert task is not None
            assert 2 <= len(set(task.labels)) <= 5
            assert set(task.labels) <= (set(frame.labels) or {"yes", "no", "true", "false", "1", "0"})
            assert all(task.example(rng, label).strip() for label in task.labels)


def test_the_kinds_of_task_mix_as_in_published_data():
    tasks = [task for text in instructions(3000) if (task := recognize(text)) is not None]
    free = [task for task in tasks if not task.frame.is_closed]

    assert 0.25 < 1 - len(free) / len(tasks) < 0.32
    assert 0.3 < sum(task.answer(Random(0))[0] == "" for task in free) / len(tasks) < 0.42


def test_instructions_are_four_to_forty_five_words_long():
    lengths = [len(text.split()) for text in instructions(3000)]

    assert min(lengths) >= 4
    assert max(lengths) <= 45


def test_a_few_instructions_ask_for_what_no_text_model_can_do_and_no_wording_does():
    texts, rng = instructions(4000), Random(4)

    assert 0.01 < sum(bool(BARRED.search(text)) for text in texts) / len(texts) < 0.025
    assert not [text for frame in FRAMES if BARRED.search(text := frame.render(rng))]


def test_two_thousand_tasks_pass_the_novelty_test_with_few_rejections():
    kept: list[list[str]] = []
    for text in instructions(2600):
        tokens = re.findall("[a-z0-9]+", text.lower())
        if all(2 * LCSseq.similarity(tokens, other) / (len(tokens) + len(other)) <= 0.7 for other in kept):
            kept.append(tokens)

    assert len(kept) >= 2000


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Add up the monthly bills of a tea house.", lambda v: [sum(v)]),
        ("Calculate the range of the monthly bills of a tea house.", lambda v: [max(v) - min(v)]),
        ("How many odd numbers occur in the monthly bills of a tea house?", lambda v: [sum(n % 2 for n in v)]),
        ("How often do the monthly bills of a tea house go beyond 200?", lambda v: [sum(n > 200 for n in v)]),
        ("Give the top three of the monthly bills of a tea house.", lambda v: sorted(v)[:-4:-1]),
        ("Put the monthly bills of a tea house in ascending order.", sorted),
    ],
)
def test_figures_are_computed_right(text, right):
    for draw in range(5):
        given, output = answer(text, draw)
        assert numbers(output) == right(numbers(given))


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("Ada buys 12 bells for 20 euros each at a spa hotel. How much does that cost?", "240"),
        ("205 guests come to a dog show, and 20 chairs fit in a row. How many rows are needed?", "11"),
        ("What is 25 percent of 200, the number of bells at a spa hotel?", "50"),
        ("The tiny bell costs 200 euros at a spa hotel, less 15 percent for a shy cook. What is the price?", "170"),
        ("If four cooks share 250 euros equally after a dog show, what does each of them get?", "62.5"),
        ("Convert 200 miles to kilometers for a shy cook.", "321.87 kilometers"),
        ("What is the capital of Peru, where Ada spent summer growing herbs?", "Lima"),
        ("A shy cook needs Python code that reverses a string.", "def reverse(text):\n    return text[::-1]"),
    ],
)
def test_tasks_without_input_have_the_right_output(text, output):
    assert answer(text) == ("", output)


def test_lists_are_sorted_and_counted_right():
    given, output = answer("Sort the animals seen by Leo near a spa hotel alphabetically.")
    items = re.split(", |; |\n", given)

    assert output.split(", ") == sorted(items)
    assert len(items) != len(set(items))


def test_tables_become_json():
    given, output = answer("Convert the CSV rows about the members of a choir in Oslo to JSON.")
    _, *lines = given.splitlines()

    assert [",".join(map(str, row.values())) for row in json.loads(output)] == lines


def test_an_output_is_made_of_the_same_words_as_its_input():
    given, output = answer("Turn a sentence about growing herbs into the passive voice.")
    doer, verb, rest = given.removeprefix("Sentence: ").rstrip(".").split(" ", 2)
    things, city = rest.rsplit(" in ", 1)

    assert output.lower() == f"{things} were {verb} by {doer} in {city}.".lower()


@pytest.mark.parametrize(
    ("text", "label", "is_right"),
    [
        ("Is the number of bells at a spa hotel even? Say 1 or 0.", "0", lambda n: n % 2 == 1),
        ("Does the count of foxes near Oslo exceed 50? Say yes or no.", "no", lambda n: n <= 50),
        ("Is the year on a tiny bell from Oslo later than 2000? Say true or false.", "true", lambda n: n > 2000),
        ("Can cooks at a dog show be seated in rows of 26 without a gap? Say yes or no.", "yes", lambda n: n % 26 == 0),
    ],
)
def test_examples_have_their_label(text, label, is_right):
    task = recognize(text)

    assert task is not None
    assert all(is_right(numbers(task.example(Random(draw), label))[0]) for draw in range(10))


def test_a_sentence_behind_a_text_is_met_by_its_output():
    text = "Compose a dry poem about growing herbs."

    assert answer(f"{text} Sign it as Ada.") == ("", f"{answer(text)[1]} Signed: Ada.")
    assert answer(f"{text} It will be read out at a dog show.") == answer(text)


def test_an_instruction_of_another_author_gets_a_placeholder_that_says_so():
    assert recognize("Explain the following idiom to me, and try to give me some examples.") is None
    assert recognize("") is None
    given, output = answered("Hum the following tune.", Random(0))
    assert "placeholder" in given
    assert "placeholder of the offline model" in output
    assert answered("Hum a tune of your own.", Random(0))[0] == ""


def test_a_label_of_another_author_gets_a_placeholder():
    task = recognize("Tell retired cooks whether the word means fruit or nonsense.")

    assert task is not None
    assert task.labels == ["fruit", "nonsense"]
    assert "placeholder" in task.example(Random(0), "nonsense")


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("请用中文书写。", "zh"),
        ("请用繁体中文书写。", "zh"),
        ("Escribe en español.", "es"),
        ("Write in English.", None),
    ],
)
def test_a_prompt_may_ask_for_another_language(prompt, language):
    assert asked_in(prompt) == language


@pytest.mark.parametrize("language", ["zh", "es"])
def test_instructions_in_another_language_hardly_repeat(language):
    rng = Random(1)

    found = [instruction_in(language, rng) for _ in range(200)]

    assert len(set(found)) > 190
    assert not any(re.search("[{}<>]", text) for text in found)


@pytest.mark.parametrize(("language", "mark"), [("zh", "离线模型"), ("es", "sin conexión")])
def test_an_answer_in_another_language_says_that_it_is_a_stand_in(language, mark):
    assert all(mark in written(language, "answers", Random(draw)) for draw in range(10))
