import pytest

from selfinstruct.model.adaptive_concurrency import AdaptiveConcurrency


def filled(window):
    numbers = []
    while window.has_room:
        numbers.append(window.enter())
    return numbers


def test_it_holds_as_many_as_the_config_says():
    assert filled(AdaptiveConcurrency(5)) == [1, 2, 3, 4, 5]


def test_a_place_is_free_again_when_a_request_has_ended():
    window = AdaptiveConcurrency(2)
    first, second = filled(window)

    window.answered(first)
    window.failed(second, is_overload=False)

    assert window.under_way == 0
    assert window.allowed == 2


def test_an_overload_narrows_it_once_for_all_that_were_sent_before():
    window = AdaptiveConcurrency(10)

    for number in filled(window):
        window.failed(number, is_overload=True)

    assert window.allowed == 7


def test_an_overload_of_what_was_sent_afterwards_narrows_it_again():
    window = AdaptiveConcurrency(10)
    for _ in range(2):
        for number in filled(window):
            window.failed(number, is_overload=True)

    assert window.allowed == 4


def test_it_is_cut_by_what_was_under_way_and_not_by_what_was_allowed():
    window = AdaptiveConcurrency(100)
    numbers = [window.enter() for _ in range(10)]

    window.failed(numbers[0], is_overload=True)

    assert window.allowed == 7


def test_one_may_always_be_under_way():
    window = AdaptiveConcurrency(4)
    for _ in range(20):
        window.failed(window.enter(), is_overload=True)

    assert window.allowed == 1
    assert window.has_room


@pytest.mark.parametrize("most", [1, 7, 32, 256])
def test_replies_open_it_again_up_to_what_the_config_says(most):
    window = AdaptiveConcurrency(most)
    for number in filled(window):
        window.failed(number, is_overload=True)

    turns = 0
    while window.allowed < most:
        before = window.allowed
        for number in filled(window):
            window.answered(number)
        turns += 1
        assert before <= window.allowed <= min(most, before + max(1, most / 16) + 1)
    for number in filled(window):
        window.answered(number)

    assert window.allowed == most
    assert turns <= 16


def test_replies_to_what_was_sent_before_the_cut_do_not_open_it():
    window = AdaptiveConcurrency(10)
    first, *others = filled(window)
    window.failed(first, is_overload=True)

    for number in others:
        window.answered(number)

    assert window.allowed == 7


def test_a_pause_lets_nothing_in_until_it_is_over():
    window = AdaptiveConcurrency(4)
    window.pause(10.0)
    window.pause(5.0)

    assert window.wait(3.0) == 7.0
    assert window.wait(10.0) == 0.0
    assert window.wait(11.0) == 0.0
