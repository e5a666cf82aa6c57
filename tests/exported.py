"""Pools that tests of formats export."""

from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Instance, Task

SEED = Task("seed_1", HUMAN, "Say hello.", instances=(Instance("", "Hello!"),))
MADE = Task(
    "instructions_1",
    "instructions",
    "Übersetze ins Japanische.",
    instances=(Instance("Danke", "ありがとう"), Instance("Ja", "はい")),
    models={"instructions": "davinci", "classification": "davinci", "input_first": "curie"},
)
BARE = Task("instructions_2", "instructions", "Nobody answered this.")
FAILED = Task("instructions_3", "instructions", "Nobody could.", failed_stages={"input_first": "parse: empty reply"})
POOL = Pool([SEED, MADE, BARE, FAILED])

TRANSLATED = Task(
    "tasks_1",
    "tasks",
    "Translate.",
    instances=(Instance("Käse", "cheese"), Instance("", "What?")),
    models={"tasks": "offline"},
)
CONVERSATIONS = Pool([SEED, TRANSLATED, Task("tasks_2", "tasks", "Not answered.")])
