"""Plans and decisions, no input needed: steps, schedules, menus, recipes, budgets, what speaks for and against."""

from random import Random

from selfinstruct.model.grammar.frame import Frame, Open, Slots
from selfinstruct.model.grammar.ideas import STEPS, line_up
from selfinstruct.model.grammar.words import fill, sentence, words
from selfinstruct.model.grammar.writing import subject


def day_plan(rng: Random, slots: Slots) -> tuple[str, str]:
    """A day in four parts."""
    about = subject(slots)
    plan = (
        f"Morning: prepare everything for {about} and meet at {{place}}.\nNoon: eat {{dish}} together.\n"
        f"Afternoon: {about}, with a break for {{activity}}.\nEvening: tidy up, count the money and say thank you."
    )
    return "", fill(plan, rng)


def menu(rng: Random, slots: Slots) -> tuple[str, str]:
    """Three courses."""
    first, second, third = rng.sample(words("dish"), 3)
    return "", f"Menu for {slots['audience']}\nStarter: {first}\nMain course: {second}\nDessert: {third}"


def recipe(rng: Random, slots: Slots) -> tuple[str, str]:
    """How to make a dish, in four steps."""
    dish, extra = slots["dish"], slots.get("ingredient") or rng.choice(words("ingredient"))
    steps = (
        f"1. Wash and chop everything that {dish} is made of.\n2. Add some {extra} and a pinch of salt.\n"
        f"3. Cook for {rng.randint(15, 50)} minutes over a low flame.\n4. Taste, season and serve warm."
    )
    return "", f"{sentence(dish)} with {extra}\n{steps}"


def balance(rng: Random, slots: Slots) -> tuple[str, str]:
    """What speaks for a thing, what against it, and a verdict."""
    text = (
        f"For: {slots['activity']} brings people together, costs little to begin with and teaches {{trait}}.\n"
        "Against: it takes time, needs a place such as {place}, and not everyone has the {trait} for it.\n"
        "Verdict: try it for a month, then decide."
    )
    return "", fill(text, rng)


def comparison(rng: Random, slots: Slots) -> tuple[str, str]:
    """Two occupations side by side, and which to prefer."""
    text = (
        f"{slots['activity']} asks for {{trait}}, {slots['activity_2']} for {{trait}}. The former is better done "
        f"at {{place}}, "
        f"the latter anywhere. For {slots['audience']}, {slots['activity_2']} is the better choice."
    )
    return "", sentence(fill(text, rng))


def shared_out(rng: Random, slots: Slots) -> tuple[str, str]:
    """A sum of money in three parts that add up to it."""
    total = int(slots["budget"])
    food, travel = total * rng.randint(30, 50) // 100, total * rng.randint(15, 30) // 100
    rest = f"Everything else: {total - food - travel} euros\nTotal: {total} euros"
    return "", f"Food: {food} euros\nTravel: {travel} euros\n{rest}"


FRAMES: list[Frame] = [
    Open(["I want to {wish}. <How should I begin|Which steps would you take>?"], line_up(*STEPS), weight=0.6),
    Open(["Help a {mood} {role} to {wish}."], line_up(*STEPS)),
    Open(["What can I do if {wrong}?", "Help: {wrong}!"], line_up(*STEPS), weight=0.6),
    Open(["{first_name_1} is upset because {wrong}. Advise {first_name_1} on what to do."], line_up(*STEPS)),
    Open(["A {mood} {role} tells you that {wrong}. What would you answer?"], line_up(*STEPS)),
    Open(["Plan {event} at {place} step by step."], line_up(*STEPS)),
    Open(["Organise {event} for {audience} with a budget of {budget} euros."], line_up(*STEPS)),
    Open(["Outline the steps needed to start a {venture} in {city}."], line_up(*STEPS)),
    Open(["Sketch a business plan for a {venture} that serves {audience}."], line_up(*STEPS)),
    Open(["Schedule a day in {city} for {audience}.", "Design a timetable for {event} at {place}."], day_plan),
    Open(["What might a perfect {weekday} look like for a {mood} {role} who loves {activity}?"], day_plan),
    Open(["Set a three-course menu for {audience} at {event}.", "Which courses would please {audience}?"], menu),
    Open(["Explain how to cook {dish} for {audience}.", "Give me a recipe for {dish} with {ingredient}."], recipe),
    Open(["Weigh the pros and cons of {activity} for {audience}."], balance),
    Open(["Is {activity} a good idea for a {mood} {role}?"], balance),
    Open(["Debate whether {audience} should spend {season} {activity}."], balance),
    Open(["Should {place} offer courses in {activity}?"], balance),
    Open(["Compare {activity} with {activity_2}, and say which suits {audience} better."], comparison),
    Open(["Split a budget of {budget} euros for {event} in {city}."], shared_out),
    Open(["Allocate {budget} euros among the costs of {activity}."], shared_out),
]
