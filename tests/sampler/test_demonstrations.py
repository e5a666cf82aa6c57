from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.sampler.demonstrations import Demonstrations
from selfinstruct.task import Instance


@pytest.fixture
def families(task):
    """Two families of eight pairs, and their held-out pairs; each first input has two outputs."""

    def family(name, prompts):
        pairs = [Instance(f"{name}{k}", f"{k}") for k in range(8)]
        known = {"family": name, "set": "induce", **({"prompts": prompts} if prompts else {})}
        return [
            task(id=name, instances=(pairs[0], Instance(f"{name}0", "other"), *pairs[1:]), attributes=known),
            task(id=f"{name}.execute", instances=(pairs[0],), attributes={"family": name, "set": "execute"}),
        ]

    published = [f"Story\n\nInput: i{k}\nOutput: o\n\nInput: [j] x\nOutput: p\n\nIt was" for k in range(3)]
    return Pool([*family("a", published), *family("b", published), task(0)])


def sampler(**changes):
    return Demonstrations(**({"shown": 5, "prompts": 4, "published": False} | changes))


def test_every_family_has_its_prompts_and_the_held_out_pairs_are_not_shown(families):
    samples = sampler().sample(families, Random(1), 1, "induction")

    assert [sample.parents for sample in samples] == [("a",)] * 4 + [("b",)] * 4
    assert samples[0].attributes == {"family": "a", "prompts": 4}
    assert {len(sample.variables["demonstrations"]) for sample in samples} == {5}
    assert {sample.variables["prompt"] for sample in samples} == {""}


def test_no_input_stands_twice_in_a_prompt_and_its_first_output_is_shown(families):
    for sample in sampler(shown=8).sample(families, Random(1), 1, "induction"):
        shown = sample.variables["demonstrations"]

        assert len({pair.input for pair in shown}) == 8
        assert "other" not in {pair.output for pair in shown}


def test_the_same_stream_draws_the_same_prompts(families):
    assert sampler().sample(families, Random(7), 1, "x") == sampler().sample(families, Random(7), 1, "x")
    assert sampler().sample(families, Random(7), 1, "x") != sampler().sample(families, Random(8), 1, "x")


def test_published_prompts_are_used_as_they_are(families):
    samples = sampler(published=True, prompts=2).sample(families, Random(1), 1, "induction")

    assert [sample.variables["prompt"][14:16] for sample in samples] == ["i0", "i1"] * 2
    assert samples[0].variables["demonstrations"] == [Instance("i0", "o"), Instance("[j] x", "p")]
    assert sampler(published=True, prompts=9).sample(families, Random(1), 1, "x")[0].attributes["prompts"] == 3


def test_the_preview_shows_what_a_prompt_shows(families):
    assert len(sampler().preview(families, Random(0)).variables["demonstrations"]) == 5
    assert sampler(published=True).preview(families, Random(0)).variables["prompt"].startswith("Story")


def test_what_the_seeds_cannot_give_is_reported(families, pool, task):
    with pytest.raises(ValueError, match=r"wants seeds that are task families\. Set seeds=families"):
        sampler().preview(pool, Random(0))
    few = Pool([*families, task(id="c", attributes={"family": "c", "set": "induce"})])
    with pytest.raises(ValueError, match=r"wants 5 pairs of c, which has 1\. Set \{key\}\.shown=1"):
        sampler().preview(few, Random(0))
    bare = Pool([task(id="c", attributes={"family": "c", "set": "induce"})])
    with pytest.raises(
        ValueError, match=r"wants published prompts, but c has none\. Set .*, or \{key\}\.published=false"
    ):
        sampler(published=True).preview(bare, Random(0))
