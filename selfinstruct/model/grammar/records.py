"""Tasks about tables, records, dates and notes, converted, searched and counted by the standard library."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from selfinstruct.model.grammar.frame import Frame, Open, Slots
from selfinstruct.model.grammar.words import words

Row = dict[str, str]


def people(rng: Random) -> list[Row]:
    """A small table of chance, no name and no age twice."""
    names = rng.sample(words("first_name"), rng.randint(3, 5))
    cities = rng.sample(words("city"), 3)
    ages = rng.sample(range(18, 80), len(names))
    return [{"name": name, "city": rng.choice(cities), "age": str(age)} for name, age in zip(names, ages, strict=True)]


def as_csv(rows: list[Row]) -> str:
    """The table as comma-separated values with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def as_markdown(rows: list[Row]) -> str:
    """The table in Markdown."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def about(
    solve: Callable[[list[Row], Slots], str], shown: Callable[[list[Row]], str] = as_csv
) -> Callable[[Random, Slots], tuple[str, str]]:
    """The answer of a task that is solved from a table."""

    def answer(rng: Random, slots: Slots) -> tuple[str, str]:
        rows = people(rng)
        return shown(rows), solve(rows, slots)

    return answer


def names(rows: list[Row]) -> str:
    """The names of the rows in one line."""
    return ", ".join(row["name"] for row in rows) or "nobody"


def by_age(rows: list[Row]) -> list[Row]:
    """The rows from young to old."""
    return sorted(rows, key=lambda row: int(row["age"]))


def in_words(rows: list[Row]) -> str:
    """The table as running text."""
    return " ".join(f"{row['name']} from {row['city']} is {row['age']} years old." for row in rows)


def dated(solve: Callable[[date, Slots], str]) -> Callable[[Random, Slots], tuple[str, str]]:
    """The answer of a task that is solved from a date."""

    def answer(rng: Random, slots: Slots) -> tuple[str, str]:
        day = date(1990, 1, 1) + timedelta(days=rng.randrange(16000))
        return f"Date: {day.isoformat()}", solve(day, slots)

    return answer


def in_full(day: date) -> str:
    """The date in words: 3 May 2001."""
    return f"{day.day} {words('month')[day.month - 1]} {day.year}"


def letter(rng: Random, slots: Slots) -> tuple[str, str]:
    """Notes, and the message made of them."""
    name, day, thing = (rng.choice(words(kind)) for kind in ("first_name", "weekday", "object"))
    hour = rng.randint(8, 18)
    notes = f"Notes:\n- to: {name}\n- when: {day}, {hour}:00\n- bring: {thing}"
    where = slots.get("place", "the usual place")
    return notes, f"Dear {name},\n\nwe meet at {where} on {day} at {hour}:00. Please bring the {thing}.\n\nBest wishes"


def invoice(rng: Random, _: Slots) -> tuple[str, str]:
    """An order and what it costs."""
    lines = [(rng.randint(1, 6), thing, rng.randint(2, 40)) for thing in rng.sample(words("object"), 3)]
    text = "\n".join(f"{count} x {thing} at {price}.00 each" for count, thing, price in lines)
    return text, f"{sum(count * price for count, _, price in lines)}.00"


def clock(rng: Random, _: Slots) -> tuple[str, str]:
    """Two times of one day and the minutes between them."""
    start, length = rng.randrange(360, 1000), rng.randrange(15, 400)
    begin, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (start, start + length))
    return f"Start: {begin}\nEnd: {end}", f"{length} minutes"


FRAMES: list[Frame] = [
    Open(
        [
            "Convert the CSV rows about {table_source} to JSON.",
            "A spreadsheet holds {table_source}. Export it as JSON objects.",
        ],
        about(lambda rows, _: json.dumps(rows)),
    ),
    Open(
        ["Rewrite the JSON array of {table_source} as comma-separated values."],
        about(lambda rows, _: as_csv(rows), shown=json.dumps),
    ),
    Open(
        ["Lay out {table_source} as a Markdown table.", "Make a tidy Markdown table from this data on {table_source}."],
        about(lambda rows, _: as_markdown(rows)),
    ),
    Open(
        [
            "Describe {table_source} in plain sentences, based on the table.",
            "Tell {audience} what the table says about {table_source}.",
        ],
        about(lambda rows, _: in_words(rows)),
    ),
    Open(
        ["Who is the oldest among {table_source}?", "Find the eldest person in this register of {table_source}."],
        about(lambda rows, _: by_age(rows)[-1]["name"]),
    ),
    Open(
        ["Name the youngest of {table_source}."],
        about(lambda rows, _: by_age(rows)[0]["name"]),
    ),
    Open(
        ["List {table_source} from youngest to oldest, names only.", "Sort {table_source} by age."],
        about(lambda rows, _: names(by_age(rows))),
    ),
    Open(
        [
            "Which of {table_source} are older than {int}?",
            "Filter {table_source}: keep everyone above the age of {int}.",
        ],
        about(lambda rows, slots: names([row for row in rows if int(row["age"]) > int(slots["int"])])),
    ),
    Open(
        ["How many different cities do {table_source} come from?"],
        about(lambda rows, _: str(len({row["city"] for row in rows}))),
    ),
    Open(
        ["Work out the combined age of {table_source}."],
        about(lambda rows, _: str(sum(int(row["age"]) for row in rows))),
    ),
    Open(
        ["Prepare a greeting line for each of {table_source}.", "Greet each of {table_source} by name and city."],
        about(lambda rows, _: "\n".join(f"Hello {row['name']}, how are things in {row['city']}?" for row in rows)),
        weight=0.5,
    ),
    Open(
        [
            "On which weekday did the {role} of {place} write the dated note?",
            "Give the weekday of the date on {first_name}'s {object}.",
        ],
        dated(lambda day, _: words("weekday")[day.weekday()]),
    ),
    Open(
        [
            "Spell out the date on {text_kind}.",
            "Reformat the ISO date found on a {quality} {object} as day, month name and year.",
        ],
        dated(lambda day, _: in_full(day)),
    ),
    Open(
        [
            "What is the date {int} days after the one given by a {mood} {role}?",
            "Postpone {event} by {int} days and state the new date.",
        ],
        dated(lambda day, slots: in_full(day + timedelta(days=int(slots["int"])))),
    ),
    Open(
        [
            "Compose a short invitation to {place} from the notes of a {role}.",
            "{first_name} jotted down a few notes. Turn them into a message about meeting at {place}.",
        ],
        letter,
    ),
    Open(
        [
            "Calculate what {first_name} owes the {venture} in {city} for the order.",
            "A {mood} {role} placed an order at {place}. Compute the bill.",
        ],
        invoice,
    ),
    Open(
        [
            "How long did {event} at {place} last?",
            "{first_name} spent part of the day {activity}. Work out the duration from the times.",
        ],
        clock,
    ),
    Open(
        ["Extract the ages from the description of {table_source}."],
        about(lambda rows, _: ", ".join(row["age"] for row in rows), shown=in_words),
    ),
    Open(
        ["Read the paragraph on {table_source} and answer: which cities are mentioned?"],
        about(lambda rows, _: ", ".join(dict.fromkeys(row["city"] for row in rows)), shown=in_words),
    ),
    Open(
        ["Swap the first two lines below the header in this table of {table_source}."],
        about(lambda rows, _: as_csv([rows[1], rows[0], *rows[2:]])),
    ),
    Open(
        ["Add a running number to each row about {table_source}."],
        about(lambda rows, _: as_csv([{"number": str(place), **row} for place, row in enumerate(rows, 1)])),
    ),
    Open(
        ["Write initials instead of full names in the register of {table_source}."],
        about(lambda rows, _: as_csv([{**row, "name": row["name"][0] + "."} for row in rows])),
    ),
]
