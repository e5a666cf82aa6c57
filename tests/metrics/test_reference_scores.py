"""ROUGE-L and exact match, against the scorer that published scores come from."""

from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct.metrics.reference_scores import OFFICIAL, ReferenceScores, exact_match, normal, rouge_l
from selfinstruct.pool import Pool
from selfinstruct.round import Round, Sample
from selfinstruct.task import Instance, Reference

PUBLISHED = RougeScorer(["rougeL"], use_stemmer=True)
TEXTS = [
    "",
    "The cats were running quickly.",
    "A cat runs, quick as ever!",
    "running runner ran runs",
    "ponies flies dies skies",
    "Generalizations of the nationalities are meaningless",
    "日本語 only and 42 numbers",
    "don't can't won't it's",
    "one two three four five six seven",
    "seven six five four three two one",
    "O'Neill's café — naïve, isn't it?",
]
WORDS = st.sampled_from(
    ["the", "cats", "cat", "running", "runs", "ran", "happiness", "happy", "12", "of.", "It's", "relational", "é"]
)


def metric():
    return ReferenceScores(benchmark="superni", group="category", tokenizer=None)


def published(answer, references):
    return max(PUBLISHED.score(text, answer)["rougeL"].fmeasure for text in references)


@pytest.fixture
def benchmark(task):
    """A benchmark with two inputs a task: the first task has one right answer, the second none."""
    references = (Reference("x", ("yes", "Yes, it is")), Reference("y", ("no",)))
    return Pool(
        [
            task(
                id="a",
                instances=(Instance("x", "Yes!"),),
                references=references,
                attributes={"category": "Textual Entailment"},
            ),
            task(id="b", instances=None, references=references, attributes={"category": "Title Generation"}),
        ]
    )


def done(*samples):
    return Round(
        stage="answers",
        number=1,
        asked=len(samples),
        failed=0,
        parsed=1,
        kept=1,
        tasks=(),
        rejections=(),
        pool=2,
        prompt_tokens=0,
        completion_tokens=0,
        cost_usd=0.0,
        samples=samples,
    )


@pytest.mark.parametrize("answer", TEXTS)
def test_rouge_l_is_that_of_rouge_score_with_its_stemmer(answer):
    for reference in TEXTS:
        assert rouge_l(answer, [reference]) == published(answer, [reference])


@given(answer=st.lists(WORDS), references=st.lists(st.lists(WORDS), min_size=1, max_size=3))
def test_rouge_l_is_the_best_over_the_references(answer, references):
    texts = [" ".join(words) for words in references]

    assert rouge_l(" ".join(answer), texts) == published(" ".join(answer), texts)


def test_words_are_stemmed():
    assert rouge_l("he runs", ["he running"]) == 1
    assert rouge_l("he runs", ["he walked"]) == 0.5


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("  The CAT,\n\tsat. ", "the cat sat"),
        ("it's a well-known “fact”", "its a wellknown “fact”"),
        ("...", ""),
        ("a_b (c)", "ab c"),
    ],
)
def test_exact_match_compares_a_normal_form(text, compared):
    assert normal(text) == compared


def test_exact_match_takes_any_reference():
    assert exact_match("Yes.", ["no", "yes"]) == 1
    assert exact_match("Yes it is", ["no", "yes"]) == 0


def test_every_input_is_an_item_with_the_scores_of_its_answer(benchmark):
    found = metric().items(benchmark)

    assert [(one.id, one.task, one.group, one.answer) for one in found] == [
        ("a-0", "a", "Textual Entailment", "Yes!"),
        ("a-1", "a", "Textual Entailment", None),
        ("b-0", "b", "Title Generation", None),
        ("b-1", "b", "Title Generation", None),
    ]
    assert found[0].figures == {"rouge_l": 1.0, "exact_match": 1.0, "words": 1.0, "unanswered": 0.0}


def test_an_input_without_an_answer_scores_0(benchmark):
    assert metric().items(benchmark)[1].figures == {
        "rouge_l": 0.0,
        "exact_match": 0.0,
        "words": 0.0,
        "unanswered": 1.0,
    }


def test_the_table_has_all_categories_and_tasks(benchmark):
    lines = metric().lines(benchmark)

    assert [(one.level, one.name, one.items, one.figures["exact_match"].value) for one in lines] == [
        ("all", "all", 4, 0.25),
        ("category", "Textual Entailment", 2, 0.5),
        ("category", "Title Generation", 2, 0.0),
        ("task", "a", 2, 0.5),
        ("task", "b", 2, 0.0),
    ]


def test_a_category_has_the_metric_in_which_it_is_reported(task):
    def pool(category):
        known = {"category": category}
        answered = (Instance("x", "a dog barks"),)
        return Pool([task(instances=answered, references=(Reference("x", ("a dog",)),), attributes=known)])

    official = {
        category: [
            (line.notes, line.figures["official"])
            for line in metric().lines(pool(category))
            if "official" in line.figures
        ]
        for category in ("Word Analogy", "Data to Text", "Other")
    }

    assert [(notes, figure.value) for notes, figure in official["Word Analogy"]] == [({"metric": "exact_match"}, 0.0)]
    assert [(notes, figure.value) for notes, figure in official["Data to Text"]] == [({"metric": "rouge_l"}, 0.8)]
    assert official["Other"] == []


def test_a_task_with_the_name_of_a_category_has_no_metric_of_its_own(task):
    references = (Reference("x", ("a",)), Reference("y", ("b",)))
    lines = metric().lines(Pool([task(id="Word Analogy", instances=None, references=references)]))

    assert [line.level for line in lines if line.name == "Word Analogy"] == ["task"]
    assert all("official" not in line.figures for line in lines)


def test_half_of_the_twelve_categories_are_reported_in_each_metric():
    assert sorted(OFFICIAL.values()) == ["exact_match"] * 6 + ["rouge_l"] * 6


def test_a_task_without_the_attribute_is_in_the_group_none(task):
    assert metric().items(Pool([task(references=(Reference("x", ("y",)),))]))[0].group == "none"


def test_a_round_has_the_means_over_the_inputs_that_it_asked_about(benchmark):
    samples = [Sample(variables={}, task=benchmark["a"], input=text) for text in "xy"]

    assert metric().figures(done(samples[0]), benchmark) == {"rouge_l": 1.0, "exact_match": 1.0}
    assert metric().figures(done(*samples), benchmark) == {"rouge_l": 0.5, "exact_match": 0.5}
    assert metric().figures(done(Sample(variables={})), benchmark) == {}


def test_an_input_that_was_asked_about_again_counts_once(benchmark):
    first, second, third = (
        Sample(variables={}, task=benchmark[name], input=text) for name, text in [("a", "x"), ("a", "y"), ("b", "x")]
    )

    found = metric().figures(done(first, second, third, second, third, third), benchmark)

    assert found == {"rouge_l": 0.333333, "exact_match": 0.333333}


@pytest.mark.skipif(find_spec("transformers") is not None, reason="the package is installed")
def test_a_tokenizer_without_its_package_is_reported_when_the_metric_is_made():
    with pytest.raises(ValueError, match="needs the package transformers"):
        ReferenceScores(benchmark="b", group="category", tokenizer="gpt2")
