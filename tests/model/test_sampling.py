"""How the next token of each row is drawn, and which rows are done."""

from collections import Counter
from concurrent.futures import CancelledError

import pytest
import tiny_model

from selfinstruct.errors import ModelError
from selfinstruct.model.sampling import Drawing, Row, Stopping, within
from selfinstruct.request import Decoding

pytestmark = [pytest.mark.train, pytest.mark.slow]  # of what it imports
torch = pytest.importorskip("torch", reason="drawing needs the extra `train`")

SCORES = (2.0, 1.0, 0.5, 0.0, -1.0, float("-inf"))
DRAWS = 4000


def row(most=100, seed=0, **decoding):
    return Row(Decoding(**decoding), seed, most)


def best(rows, scores=SCORES, said=()):
    """The token that is drawn for each row, after each has said the same."""
    start = torch.zeros((len(rows), 1), dtype=torch.long)
    ids = torch.cat([start, torch.tensor([list(said)] * len(rows), dtype=torch.long)], 1) if said else start
    drawn = Drawing(1, rows)(ids, torch.tensor([scores] * len(rows)))
    return drawn.argmax(-1).tolist()


def shares(said=(), scores=SCORES, **decoding):
    """How often each token is drawn."""
    found = Counter(best([row(seed=seed, **decoding) for seed in range(DRAWS)], scores, said))
    return [found[token] / DRAWS for token in range(len(scores))]


def softmax(scores):
    return torch.tensor(scores).softmax(-1).tolist()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
def test_tokens_are_drawn_as_often_as_the_softmax_says(temperature):
    expected = softmax([score / temperature for score in SCORES])

    assert shares(temperature=temperature) == pytest.approx(expected, abs=0.03)


def test_a_token_without_a_chance_is_never_drawn():
    assert shares(temperature=2.0)[5] == 0


@pytest.mark.parametrize(("top_p", "allowed"), [(0.0, 1), (0.5, 1), (0.7, 2), (0.85, 3), (0.9, 4), (0.99, 5), (1.0, 5)])
def test_only_the_likeliest_tokens_that_have_the_probability_together_are_drawn(top_p, allowed):
    found = shares(temperature=1.0, top_p=top_p)

    assert found[:allowed] == pytest.approx(softmax(SCORES[:allowed]), abs=0.03)
    assert sum(found[allowed:]) == 0


def test_the_token_that_reaches_the_probability_exactly_is_the_last():
    kept = within(torch.tensor([0.0, 0.0, 0.0, 0.0]), 0.5)

    assert kept.isfinite().tolist() == [True, True, False, False]


def test_penalties_lower_tokens_by_whether_and_how_often_they_stand_in_the_reply():
    expected = softmax([2.0 - 0.5 - 3 * 0.25, 1.0, 0.5 - 0.5 - 0.25, 0.0, -1.0, float("-inf")])

    found = shares(said=(0, 2, 0, 0), temperature=1.0, presence_penalty=0.5, frequency_penalty=0.25)

    assert found == pytest.approx(expected, abs=0.03)


def test_a_negative_penalty_raises_tokens():
    assert best([row(presence_penalty=-2.0)], said=(1,)) == [1]


def test_the_prompt_counts_for_no_penalty():
    drawn = Drawing(2, [row(presence_penalty=2.0)])(torch.tensor([[0, 0]]), torch.tensor([SCORES]))

    assert drawn.argmax(-1).tolist() == [0]


@pytest.mark.parametrize("temperature", [None, 0.0, 1e-9, 1e-40])
def test_without_a_temperature_the_likeliest_is_taken(temperature):
    assert set(best([row(seed=seed, temperature=temperature) for seed in range(200)])) == {0}


def test_rows_do_not_depend_on_each_other():
    rows = [row(seed=1, temperature=1.0), row(), row(seed=3, temperature=1.0, presence_penalty=1.0)]
    together = [best(rows, said=(0,)) for _ in range(20)]

    alone = [[best([one], said=(0,))[0] for _ in range(20)] for one in (row(seed=1, temperature=1.0), rows[1])]

    assert [step[0] for step in together] == alone[0]
    assert [step[1] for step in together] == alone[1]


def test_scores_that_are_not_numbers_end_the_run():
    with pytest.raises(ModelError, match="are not numbers"):
        best([row()], scores=(1.0, float("nan")))


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_model.tokenizer("plain")


def looked_at(tokenizer, text, *, most=100, ends=(0,), stops=(), more=()):
    """A row that says a text, token by token, until it is done."""
    found, said = row(most=most, stop=list(stops)), [*tokenizer(text)["input_ids"], *more]
    stopping = Stopping(tokenizer, 1, [found], ends)
    for count in range(1, len(said) + 1):
        if stopping(torch.tensor([[7, *said[:count]]]), None).item():
            break
    return found, tokenizer.decode(said[: found.length])


def test_a_row_is_done_at_the_token_that_ends_it(tokenizer):
    found, _ = looked_at(tokenizer, "abc", more=(0,))

    assert (found.length, found.finish_reason) == (len(tokenizer("abc")["input_ids"]) + 1, "stop")


def test_a_row_is_done_with_as_many_tokens_as_it_may_have(tokenizer):
    found, _ = looked_at(tokenizer, "one two three four", most=3)

    assert (found.length, found.finish_reason) == (3, "length")


def test_an_end_at_the_last_token_that_it_may_have_counts_as_an_end(tokenizer):
    found, _ = looked_at(tokenizer, "", most=1, more=(0,))

    assert (found.length, found.finish_reason) == (1, "stop")


@pytest.mark.parametrize("stop", ["\n\n", "###", "Q: what", "é", "日本", " "])
def test_a_row_is_done_at_a_stop_text_also_over_several_tokens(tokenizer, stop):
    found, said = looked_at(tokenizer, f"An{'x' * 50}answer.{stop} and more and more", stops=("never", stop))

    assert found.finish_reason == "stop"
    assert stop in said
    assert "more" not in said


def test_a_stop_text_in_the_prompt_is_not_looked_at(tokenizer):
    asked, said = tokenizer("stop\n")["input_ids"], tokenizer("go")["input_ids"]
    stopping = Stopping(tokenizer, len(asked), [row(stop=["stop", "\n"])], [0])

    assert stopping(torch.tensor([[*asked, *said]]), None).tolist() == [False]


def test_an_empty_stop_text_stops_nothing(tokenizer):
    found, _ = looked_at(tokenizer, "abc", stops=("",))

    assert found.length is None


def test_each_row_has_its_own_limit(tokenizer):
    rows = [row(most=1), row(most=2)]

    assert Stopping(tokenizer, 1, rows, [0])(torch.tensor([[5, 6], [5, 6]]), None).tolist() == [True, False]


def test_a_batch_that_is_given_up_ends_at_once(tokenizer):
    stopping = Stopping(tokenizer, 1, [row()], [0], lambda: True)

    with pytest.raises(CancelledError):
        stopping(torch.tensor([[5, 6]]), None)
