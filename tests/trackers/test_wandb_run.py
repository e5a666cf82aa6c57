"""How a W&B run is opened; test_wandb.py reads what is logged to one."""

from types import SimpleNamespace

from selfinstruct.trackers.wandb_run import LONGEST_TAG, is_online, tags


def test_only_a_run_that_is_sent_while_it_lasts_is_online():
    kinds = [(False, False), (True, False), (False, True)]

    assert [is_online(SimpleNamespace(offline=offline, disabled=disabled)) for offline, disabled in kinds] == [
        True,
        False,
        False,
    ]


def test_tags_are_those_of_the_run_and_the_users_each_once_and_short_enough():
    start = SimpleNamespace(recipe="alpaca", models=("m" * 99, ""), is_offline=True)
    tracker = SimpleNamespace(tags={"pilot": True, "alpaca": True, "offline-model": False})

    assert tags(tracker, start) == ["alpaca", "m" * LONGEST_TAG, "pilot"]
