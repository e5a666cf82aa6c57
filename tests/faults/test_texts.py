"""Whatever a model writes is data: it is read or rejected with a reason, and survives the files."""

import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.pool import Pool
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection, Round
from selfinstruct.storage import history as past
from selfinstruct.storage.journal import Journal, line
from selfinstruct.task import Instance, Task

STAGES = ("instructions", "classification", "output_first", "input_first")
MARKS = (
    *(
        "1.",
        "9. ",
        "16.",
        "\n",
        "\r\n",
        "\u2028",
        "\x85",
        "\0",
        "\x1b[31m",
        "\ud800",
        "\udfff",
        "\ufeff",
        " ",
        "- ",
        "**",
    ),
    *(
        "Example 1",
        "Output:",
        "Input:",
        "Class label:",
        "Yes",
        "No",
        "<think>",
        "</think>",
        "```",
        "{{ 7 * 7 }}",
        "Task:",
    ),
    *("Describe the bridge in a few words.", "$(rm -rf /)", "../../x", "<b>", "#", "None", "日本語", "\u202e"),
)
ANY = st.text(st.characters(codec=None), max_size=200)
TEXTS = ANY | st.lists(st.sampled_from(MARKS) | ANY, max_size=20).map("".join)


@pytest.fixture(scope="module")
def recipe(composed, built, tmp_path_factory):
    run = built(composed(), tmp_path_factory.mktemp("recipe"))
    pool = Pool(run.seeds.load())
    return {name: (stage.prompt, stage.preview(pool, Random(0))) for name, stage in run.recipe.items()}


@pytest.mark.parametrize("stage", STAGES)
@given(text=TEXTS, chat=st.booleans(), reason=st.sampled_from(["stop", "length", "content_filter"]))
def test_any_reply_is_candidates_and_rejections_that_say_why(recipe, stage, text, chat, reason):
    prompt, sample = recipe[stage]

    found = prompt.parse(Completion(text, reason), sample, chat)

    assert found
    for piece in found:
        if isinstance(piece, Rejection):
            assert piece.filter
            assert piece.reason
        else:
            assert is_whole(piece, stage)
        json.loads(line(row_of(piece)))


def is_whole(piece, stage):
    """Whether a candidate holds what its stage is for."""
    if stage == "instructions":
        return piece.instruction == piece.instruction.strip() != ""
    if stage == "classification":
        return piece.is_classification in (True, False)
    return piece.instance is not None and isinstance(piece.instance.input, str)


def row_of(piece):
    rejection = piece if isinstance(piece, Rejection) else Rejection("x", "x", candidate=piece)
    return rejection.row("stage", 1)


def as_json_reads(text):
    """The text, with what looks like a surrogate pair made one: JSON cannot tell the two apart."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@given(st.tuples(TEXTS, TEXTS, TEXTS).map(lambda texts: tuple(map(as_json_reads, texts))))
def test_any_text_of_a_task_or_a_rejection_survives_writing_and_reading(texts):
    instruction, given_text, output = texts
    instance = Instance(given_text, output)
    task = Task("grow_1", "grow", instruction, instances=(instance,), failed_stages={"x": output})
    rejected = (
        Rejection("x", output, text=given_text),
        Rejection("x", "y", candidate=Candidate(instruction, None, (instance,))),
    )
    numbers = dict.fromkeys(("asked", "failed", "parsed", "kept", "pool"), 1)
    tokens = dict.fromkeys(("prompt_tokens", "completion_tokens", "cost_usd"))
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        journal.open()
        journal.begin([])
        journal.commit(Round("grow", 1, tasks=(task,), rejections=rejected, **numbers, **tokens))

        again = Journal(Path(folder))

        assert list(again.open()) == [task]
        (found,) = past.rounds(again.folder, again.rounds, again.timings)
        assert found.rejections == rejected
