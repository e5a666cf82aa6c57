import pytest

from selfinstruct.pages.index import Index
from selfinstruct.pages.library import Folder
from selfinstruct.pages.search import REJECTED, TASKS, View
from selfinstruct.pages.server import PageError
from selfinstruct.round import Candidate, Rejection

TEXTS = ("Write a poem.", "给我写一首关于春天的诗", "ЁЖ и лиса", "Add 50% of it_all", "Add 500 of itXall", "اكتب قصيدة")


@pytest.fixture
def index(growing, made):
    near = (0.1, 0.5, 0.6, 0.7, 0.8, None)
    tasks = [
        made(f"t{place}", text, *(["seed_0"] if place < 2 else ["t0"]), near=(("seed_1", score),) if score else ())
        for place, (text, score) in enumerate(zip(TEXTS, near, strict=True))
    ]
    rejections = [
        Rejection("similarity", f"near {score}", candidate=Candidate(instruction=f"R{score}"), nearest=("t0", score))
        for score in (0.7, 0.9)
    ]
    growing.commit(*tasks, rejections=[*rejections, Rejection("parse", "no", text="talk")])
    index = Index(Folder(growing.folder))
    index.follow(growing.rows)
    return index


def found(index, kind=TASKS, **query):
    starts = [start for _, start in View(kind, query).page(index)[0]]
    if kind is TASKS:
        return [task.id for task in index.tasks_at(starts)]
    return [item.reason for _, _, item in index.rejections_at(starts)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("POEM", ["t0"]),
        ("春天", ["t1"]),
        ("天", ["t1"]),
        ("ёж", ["t2"]),
        ("قصيدة", ["t5"]),
        ("50%", ["t3"]),
        ("t_a", ["t3"]),
        ("%", ["t3"]),
        ("\\", []),
        ("t4", ["t4"]),
        ("  poem  ", ["t0"]),
    ],
)
def test_words_are_found_in_every_script_and_as_they_are_typed(index, words, expected):
    assert found(index, q=words) == expected


@pytest.mark.parametrize(
    ("near", "expected"),
    [
        ("0.5-0.7", ["t1", "t2", "t3"]),
        ("0.7-", ["t3", "t4"]),
        ("-0.5", ["t0", "t1"]),
        ("0.6", ["t2"]),
        (".6", ["t2"]),
    ],
)
def test_a_range_of_numbers(index, near, expected):
    assert found(index, near=near) == expected


def test_conditions_hold_together(index):
    assert found(index, q="add", near="0.75-") == ["t4"]
    assert found(index, origin="human") == ["seed_0", "seed_1"]
    assert found(index, parent="seed_0") == ["t0", "t1"]
    assert found(index, depth="2", q="add") == ["t3", "t4"]
    assert View(TASKS, {"q": "add", "near": "0.75-"}).count(index) == 1


@pytest.mark.parametrize("query", [{"near": "abc"}, {"near": "-"}, {"sort": "x"}, {"near": "1; DROP TABLE tasks"}])
def test_an_address_that_says_nothing_is_refused_with_a_sentence(query):
    with pytest.raises(PageError) as error:
        View(TASKS, query)

    assert error.value.status == 400


def test_a_wrong_place_is_refused(index):
    with pytest.raises(PageError):
        View(TASKS, {"after": "x"}).page(index)


@pytest.mark.parametrize("sort", ["", *TASKS.sorts])
def test_pages_follow_each_other_without_gap_or_repetition(index, sort):
    whole = [place for place, _ in View(TASKS, {"sort": sort}).page(index, rows=100)[0]]
    paged, after = [], ""
    while after is not None:
        some, after = View(TASKS, {"sort": sort, "after": str(after)}).page(index, rows=3)
        paged += [place for place, _ in some]

    assert len(whole) == 8
    assert paged == whole


def test_orders(index):
    assert found(index, sort="near")[0] == "t4"
    assert found(index, sort="far")[:2] == ["t0", "t1"]
    assert found(index, sort="children")[0] == "t0"
    assert found(index, sort="newest")[0] == "t5"


def test_rejections_are_found_by_filter_score_and_nearest_task(index):
    assert found(index, REJECTED, filter="parse") == ["no"]
    assert found(index, REJECTED, score="0.8-1") == ["near 0.9"]
    assert found(index, REJECTED, nearest="t0", sort="score") == ["near 0.9", "near 0.7"]
    assert found(index, REJECTED, q="TALK") == ["no"]


def test_a_search_is_made_anew_when_the_run_has_grown(index, growing, made):
    assert found(index, q="poem") == ["t0"]
    growing.commit(made("t9", "Another poem."))
    index.follow(growing.rows)

    assert found(index, q="poem") == ["t0", "t9"]
