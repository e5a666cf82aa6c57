"""The page of a comparison, opened from disk."""

from big_runs import HOSTILE

from selfinstruct.actions.compare import finish


def test_the_comparison_of_runs_with_hostile_settings_and_texts(tab, make_run, tmp_path):
    sweep = [(x, y, seed) for x in (0.25, 0.5) for y in HOSTILE[:2] for seed in (1, 2)]
    runs = [
        make_run(tmp_path / str(place), instructions=HOSTILE[place % 3 :], x=x, y=y, random_seed=seed)
        for place, (x, y, seed) in enumerate(sweep)
    ]
    finish(runs, tmp_path / "comparison")

    tab.open(tmp_path / "comparison" / "index.html")
    assert tab.problems("comparison") == []
    assert tab.script("return document.querySelectorAll('figure svg').length") > 0
    assert HOSTILE[0] in tab.text()


def test_the_comparison_of_trainings(tab, make_training, tmp_path):
    sweep = [(rate, seed) for rate in (1e-5, 1e-4, 1e-3) for seed in (1, 2)]
    runs = [
        make_training(tmp_path / str(place), random_seed=seed, learning_rate=rate, held_out=rate * seed)
        for place, (rate, seed) in enumerate(sweep)
    ]
    finish(runs, tmp_path / "comparison")

    tab.open(tmp_path / "comparison" / "index.html")
    assert tab.problems("trainings") == []
    assert "How the models learned" in tab.text()
