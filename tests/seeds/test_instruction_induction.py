"""The task families that are shipped: their numbers, that no held-out input is shown, and that the answers are right.

Half of the families follow a rule.  The rules and the words stand here, and the files are what they make:
`FAMILIES=write python -m pytest tests/seeds/test_instruction_induction.py` writes them anew.
"""

import json
import os
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

FOLDER = Path(__file__).parents[2] / "conf" / "seeds" / "instruction_induction"
FAMILIES = sorted(path.stem for path in FOLDER.glob("*.json"))
INDUCE, EXECUTE = 40, 20

WORDS = """
amber basket candle dinner engine flower garden hammer island jungle kettle lantern mirror needle orange pepper quarry
ribbon saddle ticket uncle velvet window yellow zipper anchor bridge castle donkey elbow forest glove harvest insect
jacket kitchen ladder meadow napkin ocean parrot rocket shadow tunnel umbrella village whistle autumn blanket circle
dragon envelope feather guitar hotel idea judge knee lemon money
"""

SENTENCES = """
My sister sold seven silver spoons.|The baker bought bread and butter.|Tall trees trembled in the wind.
We walked to the wild western shore.|Five friends found a fat frog.|Can the cook carry the cake?
Please put the pears on the plate.|Gentle goats graze in green gardens.|He heard his horse in the hall.
Dark dogs dig deep at dawn.|Lions like to lie in long grass.|Many mice make a mess in May.
Rain ran down the red roof.|Nine nurses need new notes.|Old Otto opened our office.
Every evening Emma eats eggs.|Various visitors viewed the village.|Uncle Udo used an umbrella.
Ida is ill in Italy.|Black birds built a big nest.|All apples are almost eaten.
Cold coffee costs less in the city.|The tailor took two tickets to town.|Some sailors saw a ship sink.
His hat hung behind the heavy door.|Grandma grows grapes near the gate.|Do ducks dive during the day?
The farmer feeds four foals.|Peter picked plums for his party.|Lena lost a letter last night.
Mother made mint tea for me.|Brave boys brought the boat back.|Wolves wander where water is warm.
No neighbour noticed the noise.|Jane joined a jolly jazz band.|Cats creep carefully over carpets.
She sings sad songs on Sundays.|The train to Turin takes ten hours.|Four foxes fled from the field.
Bees buzz above bright bushes.|A young artist admires ancient art.|Green grass grows at the gate.
Our owl often opens one eye.|Ella even enjoys empty evenings.|The driver did not drop the drum.
Has he hidden his hammer here?|Long legs let llamas leap.|Paul paid the painter in pounds.
Ron reads rare Russian books.|Nobody knows Nora's new number.|My mild mustard is missing.
Will you wait with Walter?|Very vague voices vanished.|Tiny turtles travel to the tide.
Susan swims slowly in the sea.|In India ice is important.|Joe just jumped for joy.
Kind kings keep their keys.|Clever children count clouds.|Five flags fly for free.
"""

PLURALS = """
cat:cats dog:dogs book:books tree:trees house:houses horse:horses river:rivers window:windows bottle:bottles
teacher:teachers bus:buses glass:glasses dress:dresses kiss:kisses box:boxes fox:foxes tax:taxes church:churches
watch:watches beach:beaches bench:benches dish:dishes brush:brushes wish:wishes city:cities baby:babies lady:ladies
story:stories party:parties cherry:cherries boy:boys key:keys toy:toys monkey:monkeys valley:valleys leaf:leaves
knife:knives wolf:wolves wife:wives shelf:shelves half:halves thief:thieves loaf:loaves roof:roofs chief:chiefs
cliff:cliffs potato:potatoes tomato:tomatoes hero:heroes piano:pianos photo:photos man:men woman:women child:children
foot:feet tooth:teeth goose:geese mouse:mice ox:oxen sheep:sheep
"""

BY_WEIGHT = """
flea|ladybird|wasp|mouse|sparrow|hamster|blackbird|squirrel|hedgehog|hare|fox|beaver|goat|wolf|leopard|lion|pony|moose
|giraffe|hippopotamus|elephant|blue whale
"""
"""Lightest first; neighbours in the list may be near each other, so that pairs keep a distance of four places."""
APART = 4

ANIMALS = "badger camel crow deer dolphin eel falcon gorilla hen lizard moth otter panda rabbit seal swan tiger zebra"
THINGS = {
    "food": "bread butter cheese honey noodles pancake rice salad soup yoghurt",
    "clothing": "belt blouse coat gloves hat scarf shirt skirt socks trousers",
    "vehicle": "ambulance bicycle bus canoe lorry scooter taxi tractor tram van",
    "tool": "axe chisel drill hammer pliers rake saw shovel spanner wrench",
    "furniture": "armchair bed bookcase cupboard desk dresser shelf sofa stool table",
}

PERSONS = "actor banker clerk doctor editor farmer guard judge lawyer manager nurse painter pilot senator tourist"
VERBS = "admire avoid call encourage follow help invite mention notice recommend remember thank trust visit warn"
PAST = {
    "admire": "admired",
    "avoid": "avoided",
    "call": "called",
    "encourage": "encouraged",
    "follow": "followed",
    "help": "helped",
    "invite": "invited",
    "mention": "mentioned",
    "notice": "noticed",
    "recommend": "recommended",
    "remember": "remembered",
    "thank": "thanked",
    "trust": "trusted",
    "visit": "visited",
    "warn": "warned",
}

RHYMES = """
cat hat bat rat mat flat|day way say play stay gray|light night right bright kite white|ball fall tall wall call small
ring sing king wing spring thing|cake lake make snake take wake|boat coat goat float note vote|moon soon spoon noon tune
sea tree free three knee key|gold cold old bold fold told|rain train brain chain plane lane|house mouse blouse
door floor more four store shore|fire wire tire hire|blue shoe true new zoo two|dream cream stream team theme
""".replace("\n", "|")

ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
SMALL = [*ONES.split(), "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def verbal(number):
    """A number below ten thousand in words."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens] + (f"-{SMALL[ones]}" if ones else "")
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    head, rest = divmod(number, size)
    return f"{verbal(head)} {name}" + (f" {verbal(rest)}" if rest else "")


def first_word_letter(rng):
    return [[word, word[0]] for word in WORDS.split()]


def second_word_letter(rng):
    return [[word, word[1]] for word in WORDS.split()]


def letters_list(rng):
    return [[word, " ".join(word)] for word in WORDS.split()]


def orthography_starts_with(rng):
    rows = []
    for sentence in SENTENCES.strip().replace("\n", "|").split("|"):
        words = sentence.rstrip(".?").split()
        letters = [word[0].lower() for word in words]
        letter = max(sorted(set(letters)), key=letters.count)
        rows.append([f"{sentence} [{letter}]", " ".join(word for word in words if word[0].lower() == letter)])
    return rows


def singular_to_plural(rng):
    return [pair.split(":") for pair in PLURALS.split()]


def larger_animal(rng):
    animals = [name.strip() for name in BY_WEIGHT.replace("\n", "").split("|")]
    pairs = [(light, heavy) for light, heavy in combinations(range(len(animals)), 2) if heavy - light >= APART]
    rows = []
    for light, heavy in rng.sample(pairs, INDUCE + EXECUTE):
        shown = [animals[light], animals[heavy]]
        rng.shuffle(shown)
        rows.append([", ".join(shown), animals[heavy]])
    return rows


def taxonomy_animal(rng):
    rows = []
    for _ in range(INDUCE + EXECUTE):
        animals = rng.sample(ANIMALS.split(), rng.randint(2, 4))
        kinds = rng.sample(sorted(THINGS), rng.randint(2, 3))
        shown = animals + [rng.choice(THINGS[kind].split()) for kind in kinds]
        rng.shuffle(shown)
        rows.append([", ".join(shown), ", ".join(name for name in shown if name in animals)])
    return rows


def active_to_passive(rng):
    rows = {}
    while len(rows) < INDUCE + EXECUTE:
        one, other = rng.sample(PERSONS.split(), 2)
        verb = PAST[rng.choice(VERBS.split())]
        rows[f"The {one} {verb} the {other}."] = f"The {other} was {verb} by the {one}."
    return [list(pair) for pair in rows.items()]


def rhymes(rng):
    rows = []
    for group in filter(None, RHYMES.split("|")):
        words = group.split()
        rows += [[word, *(other for other in words if other != word)] for word in words]
    return rng.sample(rows, INDUCE + EXECUTE)


def sum_(rng):
    pairs = [divmod(number, 100) for number in rng.sample(range(10000), INDUCE + EXECUTE)]
    return [[f"{x} {y}", str(x + y)] for x, y in pairs]


def diff(rng):
    pairs = rng.sample(list(combinations(range(100), 2)), INDUCE + EXECUTE)
    return [[f"{y} {x}", str(y - x)] for x, y in pairs]


def num_to_verbal(rng):
    numbers = [*rng.sample(range(20), 8), *rng.sample(range(20, 1000), 32), *rng.sample(range(1000, 10000), 20)]
    return [[str(number), verbal(number)] for number in numbers]


RULES = {
    "first_word_letter": (
        first_word_letter,
        "exact_match",
        ["Write the first letter of the word.", "Output the letter that the word begins with.", "Name the initial."],
    ),
    "second_word_letter": (
        second_word_letter,
        "exact_match",
        [
            "Write the second letter of the word.",
            "Output the letter in second place.",
            "Which letter follows the first?",
        ],
    ),
    "letters_list": (
        letters_list,
        "exact_match",
        [
            "Spell the word, with a space between the letters.",
            "Write the letters of the word one by one, parted by spaces.",
            "Put a space after every letter of the word.",
        ],
    ),
    "orthography_starts_with": (
        orthography_starts_with,
        "exact_set",
        [
            "List the words of the sentence that start with the letter in brackets.",
            "Write all words that begin with the given letter.",
            "From the sentence, pick the words whose first letter stands in square brackets.",
        ],
    ),
    "singular_to_plural": (
        singular_to_plural,
        "exact_match",
        ["Write the plural of the noun.", "Turn the singular into the plural.", "Give the form for more than one."],
    ),
    "active_to_passive": (
        active_to_passive,
        "exact_match",
        [
            "Rewrite the sentence in the passive voice.",
            "Turn the active sentence into a passive one.",
            "Make the object of the sentence its subject, in the passive.",
        ],
    ),
    "taxonomy_animal": (
        taxonomy_animal,
        "exact_set",
        ["List only the animals.", "Write those of the things that are animals.", "Leave out all that is no animal."],
    ),
    "larger_animal": (
        larger_animal,
        "exact_match",
        ["Write the larger of the two animals.", "Which animal is bigger?", "Name the heavier animal of the pair."],
    ),
    "rhymes": (
        rhymes,
        "exact_match",
        [
            "Write a word that rhymes with the given one.",
            "Find a rhyme for the word.",
            "Give a word with the same end.",
        ],
    ),
    "sum": (
        sum_,
        "exact_match",
        ["Add the two numbers.", "Write the sum of the numbers.", "How much do both numbers make together?"],
    ),
    "diff": (
        diff,
        "exact_match",
        ["Subtract the second number from the first.", "Write the difference of the numbers.", "First minus second."],
    ),
    "num_to_verbal": (
        num_to_verbal,
        "exact_match",
        ["Write the number in words.", "Spell out the number in English.", "Turn the digits into number words."],
    ),
}


def made(name):
    """A family as its rule makes it."""
    rule, metric, instructions = RULES[name]
    rng = Random(name)
    rows = rule(rng)
    rng.shuffle(rows)
    assert len(rows) == INDUCE + EXECUTE
    return {
        "metric": metric,
        "is_classification": False,
        "instructions": instructions,
        "induce": rows[:INDUCE],
        "execute": rows[INDUCE:],
    }


def written(family):
    """A family as a file, a pair a line."""
    parts = []
    for key, value in family.items():
        if isinstance(value, list):
            lines = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in value)
            parts.append(f'  "{key}": [\n{lines}\n  ]')
        else:
            parts.append(f'  "{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RULES)
def test_a_family_that_follows_a_rule_is_what_the_rule_makes(name):
    path = FOLDER / f"{name}.json"
    if os.environ.get("FAMILIES") == "write":
        path.write_text(written(made(name)), encoding="utf-8")

    assert path.read_text(encoding="utf-8") == written(made(name))


def test_there_are_the_24_families_of_the_paper():
    assert len(FAMILIES) == 24


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_has_pairs_to_show_pairs_held_out_and_no_input_in_both(name):
    family = read(name)
    shown, held = ({row[0] for row in family[key]} for key in ("induce", "execute"))

    assert len(shown) == len(family["induce"]) >= 20
    assert len(held) == len(family["execute"]) >= 10
    assert not shown & held
    assert len(family["instructions"]) >= 3
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == written(family)


def test_no_rhyme_is_the_word_itself():
    family = read("rhymes")

    assert all(word not in others for word, *others in [*family["induce"], *family["execute"]])


@pytest.mark.parametrize("name", ["cause_and_effect", "sentiment", "word_in_context"])
def test_answers_that_are_one_of_two_are_about_as_frequent(name):
    family = read(name)
    for part in ("induce", "execute"):
        if name == "cause_and_effect":
            firsts = [row[0].startswith(f"Sentence 1: {row[1]}") for row in family[part]]
        else:
            firsts = [row[1] == family[part][0][1] for row in family[part]]

        assert 0.35 <= sum(firsts) / len(firsts) <= 0.65


def test_every_cause_is_one_of_the_two_sentences():
    family = read("cause_and_effect")

    for shown, cause in [*family["induce"], *family["execute"]]:
        first, second = shown.removeprefix("Sentence 1: ").split(" Sentence 2: ")
        assert cause in (first, second)


def test_a_negation_has_one_word_more():
    family = read("negation")

    for statement, negated, *_ in [*family["induce"], *family["execute"]]:
        assert "not" in negated.split()
        assert 1 <= len(negated.split()) - len(statement.split()) <= 2


def test_every_grade_of_similarity_is_shown_and_held_out():
    family = read("sentence_similarity")

    assert {row[1][0] for row in family["induce"]} == {row[1][0] for row in family["execute"]} == set("012345")
