import math
import random

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from selfinstruct.rating import agreement
from selfinstruct.rating.agreement import ONE_GRADE, Scale, alpha, pair

FOUR = Scale(worths=[3, 2, 1, 0], good=frozenset({0, 1}))


def said(*grades):
    """Grades of items in order; None for an item that the rater lacks."""
    return {f"item_{place}": grade for place, grade in enumerate(grades) if grade is not None}


def kappa(pairs):
    return agreement.kappa(np.array(pairs))


def weighted_kappa(pairs):
    return agreement.weighted_kappa(np.array(pairs))


def own_tasks(count=100):
    return {f"item_{place}": f"task_{place}" for place in range(count)}


def random_pairs(seed, count=60, grades=4):
    rng = random.Random(seed)
    return [(rng.randrange(grades), rng.randrange(grades)) for _ in range(count)]


def test_kappa_is_that_of_a_table_by_hand():
    # Both say 0: 20, first 0 and second 1: 5, first 1 and second 0: 10, both 1: 15; 50 in all.
    # Observed (20 + 15) / 50 = 0.7; by chance 25/50 * 30/50 + 25/50 * 20/50 = 0.5; (0.7 - 0.5) / (1 - 0.5) = 0.4.
    pairs = [(0, 0)] * 20 + [(0, 1)] * 5 + [(1, 0)] * 10 + [(1, 1)] * 15

    assert kappa(pairs) == pytest.approx(0.4)


def test_weighted_kappa_is_that_of_a_table_by_hand():
    # Pairs (0,0) (1,1) (2,2) (0,2): distances sum to 2, so 2 / 4 = 0.5 observed.
    # First says 0 twice, 1 once, 2 once; second 0 once, 1 once, 2 twice. By chance the distance is
    # (2*1*0 + 2*1*1 + 2*2*2 + 1*1*1 + 1*1*0 + 1*2*1 + 1*1*2 + 1*1*1 + 1*2*0) / 16 = 16 / 16 = 1. 1 - 0.5 / 1 = 0.5.
    assert weighted_kappa([(0, 0), (1, 1), (2, 2), (0, 2)]) == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("own", "weights"), [(kappa, None), (weighted_kappa, "linear")])
def test_kappa_is_that_of_scikit_learn(seed, own, weights):
    pairs = random_pairs(seed)

    assert own(pairs) == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True), weights=weights))


def test_spearman_gives_ties_their_mean_rank():
    # First 0 0 1 2 has ranks 1.5 1.5 3 4; second 0 1 1 2 has ranks 1 2.5 2.5 4; both have the mean 2.5.
    # Products of deviations: (-1)(-1.5) + (-1)(0) + (0.5)(0) + (1.5)(1.5) = 3.75.
    # Squares: 1 + 1 + 0.25 + 2.25 = 4.5 and 2.25 + 0 + 0 + 2.25 = 4.5. So 3.75 / 4.5 = 0.8333.
    found = pair(said(3, 3, 2, 1), said(3, 2, 2, 1), FOUR, own_tasks())

    assert found["spearman"].value == pytest.approx(3.75 / 4.5, abs=1e-6)


def test_alpha_is_krippendorffs_own_example():
    # His data of three observers and 15 units, with gaps (1980): nominal 0.691, ordinal 0.807, interval 0.811.
    table = """* * * * * 3 4 1 2 1 1 3 3 * 3
               1 * 2 1 3 3 4 3 * * * * * * *
               * * 2 1 3 4 4 * 2 1 1 3 3 * 4"""
    ratings = {
        str(number): said(*(None if sign == "*" else int(sign) - 1 for sign in row.split()))
        for number, row in enumerate(table.splitlines())
    }

    assert alpha(ratings, Scale(worths=[1, 2, 3, 4]), own_tasks()).value == pytest.approx(0.807, abs=5e-4)


def test_alpha_of_two_raters_is_that_of_coincidences_by_hand():
    # Units (0,0) (1,1) (0,1), two values. Coincidences: 00 twice, 11 twice, 01 and 10 once each; six values, three
    # of each. Observed disagreement 2 / 6; expected 2 * 3 * 3 / (6 * 5) = 0.6. 1 - (1/3) / 0.6 = 0.4444.
    found = alpha({"a": said(0, 1, 0), "b": said(0, 1, 1)}, Scale(worths=[1, 0]), own_tasks())

    assert found.value == pytest.approx(1 - (1 / 3) / 0.6, abs=1e-6)


def test_those_who_say_the_same_agree_wholly():
    grades = said(0, 1, 2, 3, 0, 1, 2)
    found = pair(grades, grades, FOUR, own_tasks())

    assert {name: value.value for name, value in found.items() if name != "n"} == dict.fromkeys(
        ("percent", "kappa", "kappa_classes", "kappa_weighted", "spearman"), 1.0
    )
    assert (found["kappa"].low, found["kappa"].high) == (1.0, 1.0)
    assert alpha({"a": grades, "b": grades, "c": grades}, FOUR, own_tasks()).value == 1.0


def test_agreement_is_the_same_from_both_sides():
    one, other = ([pair_[place] for pair_ in random_pairs(1)] for place in (0, 1))

    assert pair(said(*one), said(*other), FOUR, own_tasks()) == pair(said(*other), said(*one), FOUR, own_tasks())


def test_kappa_does_not_depend_on_the_names_of_grades():
    pairs = random_pairs(2)
    renamed = {0: 2, 1: 0, 2: 3, 3: 1}

    assert kappa([(renamed[a], renamed[b]) for a, b in pairs]) == pytest.approx(kappa(pairs))


@pytest.mark.parametrize("other", [said(0, 0, 0, 0, 0, 0), said(0, 1, 2, 3, 0, 1)])
def test_kappa_of_a_rater_with_one_grade_is_null_with_the_reason(other):
    found = pair(said(0, 0, 0, 0, 0, 0), other, FOUR, own_tasks())

    for name in ("kappa", "kappa_weighted", "spearman"):
        assert (found[name].value, found[name].reason) == (None, ONE_GRADE)
    assert found["percent"].value is not None


def test_alpha_of_one_grade_is_null_with_the_reason():
    found = alpha({"a": said(1, 1, 1), "b": said(1, 1, 1)}, FOUR, own_tasks())

    assert (found.value, found.reason) == (None, ONE_GRADE)


def test_only_items_that_both_have_rated_count():
    found = pair(said(0, None, 1, 0), said(0, 1, None, 3), FOUR, own_tasks())

    assert found["n"] == 2
    assert found["percent"].value == 0.5


def test_nothing_in_common_is_no_figure():
    found = pair(said(0, None), said(None, 1), FOUR, own_tasks())

    assert found["n"] == 0
    assert found["kappa"].value is None
    assert found["kappa"].reason == agreement.FEW


def test_an_interval_holds_the_value_and_resamples_whole_tasks():
    pairs = random_pairs(3, count=40, grades=2)
    apart = pair(said(*(a for a, _ in pairs)), said(*(b for _, b in pairs)), Scale(worths=[1, 0]), own_tasks())["kappa"]
    in_tasks = {f"item_{place}": f"task_{place // 10}" for place in range(40)}
    few = pair(said(*(a for a, _ in pairs)), said(*(b for _, b in pairs)), Scale(worths=[1, 0]), in_tasks)["kappa"]

    assert apart.low <= apart.value <= apart.high
    assert (few.value, few.low) == (apart.value, None)  # four tasks say nothing of how far others would be


def test_grades_of_the_same_worth_are_one_step():
    scale = Scale(worths=[1, 0.5, 0.5, 0])

    assert [scale.step(place) for place in range(4)] == [2, 1, 1, 0]
    assert "kappa_classes" not in pair(said(0, 1, 2), said(0, 2, 3), scale, own_tasks())


def test_every_figure_is_a_number_that_json_can_hold():
    found = pair(said(0, 1, 1, 0, 0, 0), said(0, 1, 0, 0, 0, 0), FOUR, own_tasks())

    assert all(value.value is None or math.isfinite(value.value) for name, value in found.items() if name != "n")
