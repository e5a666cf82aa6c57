from selfinstruct.job import note_failure
from selfinstruct.sweep import failures_in


def test_failures_are_told_in_the_order_of_the_jobs(tmp_path):
    for number, error in ((10, "tenth"), (2, "second")):
        note_failure(tmp_path / f"{number}_a" / "failure.json", [f"a={number}", "b=1"], ValueError(error))
    (tmp_path / "3_fine").mkdir()

    assert failures_in(tmp_path) == ["2: a=2 b=1\n     second", "10: a=10 b=1\n     tenth"]


def test_a_sweep_in_which_all_went_well_has_none(tmp_path):
    assert failures_in(tmp_path) == []
