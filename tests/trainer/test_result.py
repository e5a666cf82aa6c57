"""What a training came to."""

import pytest

from selfinstruct.trainer.result import outcome, warn_of_rise

ROWS = [
    {"step": 1, "epoch": 0.5, "tokens": 100, "loss": 6.0},
    {"step": 2, "epoch": 1.0, "tokens": 200, "loss": 5.0},
    {"step": 2, "epoch": 1.0, "tokens": 200, "validation_loss": 5.5},
]


def test_the_first_and_the_last_loss_are_told_with_the_validation():
    assert outcome(ROWS) == {
        "steps": 2,
        "epochs": 1.0,
        "tokens": 200,
        "first_loss": 6.0,
        "loss": 5.0,
        "validation_loss": 5.5,
    }


def test_the_last_rewards_of_pairs_are_told():
    rows = [{**ROWS[0], "reward_accuracy": 0.5, "reward_margin": 0.1}, {**ROWS[1], "reward_accuracy": 0.75}]

    found = outcome([*rows, {**ROWS[2], "validation_reward_margin": 0.2}])

    assert (found["reward_accuracy"], found["reward_margin"], found["validation_reward_margin"]) == (0.75, 0.1, 0.2)


def test_without_lines_there_is_no_loss():
    assert outcome([])["loss"] is None
    warn_of_rise(outcome([]), 0.1)


@pytest.mark.parametrize(("last", "is_reported"), [(5.0, False), (8.0, False), (9.1, True)])
def test_a_loss_is_reported_that_rises_by_more_than_half(last, is_reported, caplog):
    warn_of_rise({"first_loss": 6.0, "loss": last}, 0.1)

    assert len(caplog.messages) == is_reported
    assert not is_reported or "Set trainer.learning_rate lower (now 0.1)" in caplog.text
