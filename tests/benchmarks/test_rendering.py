"""What it costs to fill a template in the child process instead of here, for the prompts of real runs.

    python -m pytest tests/benchmarks/test_rendering.py

A prompt is rendered as a run does it, its stop strings included.  The instance prompt shows all of its worked examples.
"""

import statistics
import time
from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.text.rendering import apart

PART = "rendering"
TIMES = 300
PROMPTS = {
    "instructions": ["experiment=smoke"],
    "output_first": ["experiment=smoke"],
    "input_first": ["experiment=smoke"],
    "tasks": ["recipe=alpaca"],
    "evolution": ["recipe=evol_instruct"],
}
"""Stage to the words that choose its recipe."""


@pytest.mark.parametrize("mode", ["chat", "completion"])
@pytest.mark.parametrize("stage", PROMPTS)
def test_time_of_a_prompt(stage: str, mode: str, composed, built, tmp_path, table) -> None:
    run = built(composed(*PROMPTS[stage], f"model.mode={mode}", "trackers=[]"), tmp_path)
    part, seeds = run.recipe[stage], Pool(run.seeds.load())
    samples = [part.preview(seeds, Random(number)) for number in range(20)]

    def rendered(number: int) -> object:
        return part.prompt.render(samples[number % len(samples)], mode == "chat", stage, 1, number)

    def median_ms() -> float:
        rendered(0)
        took = []
        for number in range(TIMES):
            began = time.perf_counter()
            rendered(number)
            took.append(1000 * (time.perf_counter() - began))
        return statistics.median(took)

    here, texts = median_ms(), [rendered(number) for number in range(len(samples))]
    with apart(True):
        there = median_ms()
        assert [rendered(number) for number in range(len(samples))] == texts

    table.row(
        PART,
        f"a prompt of {stage}, {mode}, in the child, median ms",
        there,
        against="in process",
        theirs=here,
        ratio=f"{there / here:.1f}x",
        limit=1.0,
    )
