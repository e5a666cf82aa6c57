"""Card, methods paragraph, citations and table of a run, made of its facts."""

from collections import Counter
from copy import copy
from dataclasses import replace as replaced

import pytest
import yaml
from huggingface_hub import DatasetCard

from selfinstruct.actions.card import citation, methods
from selfinstruct.actions.card.card import dataset_card as card
from selfinstruct.actions.card.facts import Facts, Stated, judged_in, judges_of, paper_in
from selfinstruct.actions.card.methods import paragraph
from selfinstruct.cli.papers import citation_of
from selfinstruct.metrics.table import Figure, Line
from selfinstruct.pool import Pool


def paper_of(recipe):
    return paper_in(citation_of(recipe))


@pytest.fixture
def facts():
    counts = {"asked": 3, "candidates": 9, "kept": 4, "rejected": {"length": 2, "parse": 3}}
    stage = {
        "prompt": {"decoding": {"temperature": 0.7, "stop": ["x"]}},
        "sampler": {"human": 6, "machine": 0},
        "filters": {"length": {"_target_": "x", "min_words": 4, "texts": ["a"]}},
    }
    found = Facts.__new__(Facts)
    vars(found).update(
        recipe="self_instruct",
        stated=Stated(title="A & B", authors=["Jane Doe"], languages=["de"], license="cc0-1.0", seeds_license="MIT"),
        models=["openai/m"],
        random_seed=3,
        declared={"recipe": {"grow": stage}, "seeds": {"path": "mine.jsonl"}},
        resolved={"recipe": {"grow": stage}, "seeds": {"path": "mine.jsonl"}},
        figures=counts,
        stages={"grow": counts},
        tasks={"seeds": 10, "made": 4, "with_instances": 3, "instances": 5},
        dataset={"dataset/chat.jsonl": 5},
        hashes={"dataset/chat.jsonl": "ab12"},
        replies=3,
        software={"versions": {"selfinstruct": "1.0"}, "git": {"commit": "abc", "dirty": False}},
        paper=paper_of("self_instruct"),
        seed_writers=Counter(),
        coverage={},
        judged=None,
        overlap=None,
    )
    return found


def replace(facts, **values):
    """Facts that differ in some values."""
    found = copy(facts)
    vars(found).update(values)
    return found


def test_the_front_matter_is_what_the_hub_reads(facts):
    found = yaml.safe_load(card(facts).split("---")[1])

    assert (found["pretty_name"], found["language"], found["license"]) == ("A & B", ["de"], "cc0-1.0")
    assert found["size_categories"] == ["n<1K"]
    expected = {"config_name": "chat", "description": "rows: 5, SHA-256 ab12", "data_files": "dataset/chat.jsonl"}
    assert found["configs"] == [expected | {"default": True}]
    assert "made-by-offline" not in found["tags"]
    assert DatasetCard(card(facts)).data.to_dict() == found


def test_the_card_shows_filters_limits_and_licenses(facts):
    text = card(facts)

    assert "| `grow` | `length` | 2 | min_words 4 |" in text
    assert "Rejected for other reasons: parse 3." in text
    assert "1 of 4 tasks have no instance" in text
    assert "- License of the seeds: MIT (seed tasks of the run's author (mine.jsonl))" in text
    assert "offline" not in text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/jane/secret project/mine.jsonl", "mine.jsonl"),
        ("../../home/jane/seeds/", "seeds"),
        (r"C:\Users\jane\mine.jsonl", "mine.jsonl"),
        ("${oc.env:HOME}/mine.jsonl", "mine.jsonl"),
    ],
)
def test_of_a_path_of_ones_own_only_the_name_is_published(path, shown, facts):
    found = replace(facts, declared=facts.declared | {"seeds": {"path": path}})

    assert found.seeds_origin == f"seed tasks of the run's author ({shown})"


def test_nothing_that_was_not_reported_is_made_up(facts):
    unknown = replace(facts, stated=Stated())
    found = yaml.safe_load(card(unknown).split("---")[1])

    assert found["pretty_name"] == "self_instruct by openai/m"
    assert {"license", "language"}.isdisjoint(found)
    assert "License of the dataset: not stated." in card(unknown)
    assert yaml.safe_load(citation.cff(unknown))["authors"] == [{"name": "not stated"}]
    assert "author = {}" not in citation.bibtex(unknown)


def test_what_the_grammar_made_is_called_so(facts):
    offline = replace(facts, models=["offline"])

    assert "It is not a language model's work. Do not train on it." in card(offline)
    assert "not-for-training" in yaml.safe_load(card(offline).split("---")[1])["tags"]
    assert "written by offline, which stands in" in paragraph(offline)


def test_no_seed_is_called_a_persons_that_is_not(facts):
    grown = replace(facts, seed_writers=Counter({"human": 4, "openai/m": 6}))

    assert "Starting from 10 seed tasks (4 by people, 6 by openai/m), we grew" in paragraph(grown)
    assert "- License of the seeds: MIT (seed tasks, not all of them a person's work (mine.jsonl))" in card(grown)


def test_a_model_that_wrote_beside_the_grammar_is_named_with_it(facts):
    mixed = replace(facts, models=["offline", "openai/m"])

    assert "stands in for a language model, and openai/m (as the provider calls it)" in paragraph(mixed)


def test_the_first_file_with_rows_is_the_default_and_one_without_is_not(facts):
    files = {"dataset/chat.jsonl": 0, "dataset/alpaca.jsonl": 4, "dataset/sharegpt.jsonl": 5}
    found = yaml.safe_load(card(replace(facts, dataset=files, hashes=dict.fromkeys(files, "ab12"))).split("---")[1])

    assert [(one["config_name"], one.get("default")) for one in found["configs"]] == [
        *(("alpaca", True), ("sharegpt", None)),
    ]


def test_a_name_is_a_plain_text_in_the_front_matter(facts):
    hostile = 'm"\x1b\x85\u2028\n---\nlicense: mit <b>'
    text = card(replace(facts, models=[hostile], stated=Stated()))
    found = yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))

    assert found["pretty_name"].startswith('self_instruct by m"')
    assert "license" not in found
    assert "<b>" not in text.replace(r"\<", "")


def test_a_zip_of_a_format_is_named_in_the_front_matter(facts):
    file = "dataset/superni.zip"
    found = yaml.safe_load(card(replace(facts, dataset={file: 1}, hashes={file: "cd34"})).split("---")[1])

    expected = {"config_name": "superni", "description": "rows: 1, SHA-256 cd34", "data_files": file, "default": True}
    assert found["configs"] == [expected]


def test_the_paragraph_says_what_was_done(facts):
    text = paragraph(facts)

    assert "Starting from 10 seed tasks, we grew 4 tasks with 5 instances by Self-Instruct (Wang et al., 2023)" in text
    assert "made 3 requests, each of which showed 6 seed tasks as examples, decoded with temperature 0.7" in text
    assert "4 of 9 candidates were kept after the filters length (min_words 4)." in text


def test_the_paragraph_names_stages_that_were_held_to_a_schema(facts):
    stage = {"prompt": {"structured": {"enabled": True}}}

    assert "made 3 requests, held to a JSON schema; 4" in paragraph(
        replace(facts, resolved={"recipe": {"grow": stage}})
    )
    assert "JSON schema" not in paragraph(facts)


def test_replies_that_ignored_the_schema_are_counted():
    assert methods.held({"asked": 3}) == "held to a JSON schema"
    assert methods.held({"asked": 3, "schema_ignored": 3}) == "held to a JSON schema (3 replies ignored it)"


def test_the_paragraph_has_the_singular_for_one(facts):
    counts = {"asked": 1, "candidates": 1, "kept": 1, "rejected": {}}
    tasks = {"seeds": 1, "made": 1, "with_instances": 1, "instances": 1}
    stage = {"sampler": {"human": 1, "machine": 1}}
    text = paragraph(
        replace(
            facts, figures=counts, stages={"grow": counts}, tasks=tasks, replies=1, resolved={"recipe": {"grow": stage}}
        )
    )

    assert "Starting from 1 seed task, we grew 1 task with 1 instance by" in text
    assert "made 1 request, each of which showed 1 seed task and up to 1 generated task as examples" in text
    assert "In total, 1 of 1 candidate was kept." in text
    assert "(1 reply published with it)." in text


def test_the_table_shows_what_differs_and_only_that(facts):
    before = {
        "recipe.grow.sampler.human": 6,
        "recipe.grow.sampler.machine": 2,
        "recipe.grow.prompt.template": "long",
        "recipe.grow.prompt.decoding.temperature": 0.7,
    }
    text = methods.table(facts, before)

    assert "grow.sampler.machine & 2 & 0 \\\\" in text
    assert "sampler.human" not in text
    assert "template" not in text
    assert "grow.filters.length.min\\_words & -- & 4" in text


def test_a_table_without_a_paper_says_so(facts):
    assert methods.table(facts, {}).startswith("% There is no experiment with the values of a paper")
    assert "none differs" in methods.table(replace(facts, resolved={"recipe": {"a": {"b": 1}}}), {"recipe.a.b": 1})


def test_latex_sees_only_text():
    assert methods.shown("a_b & 5% {x}\\n\n~^") == (
        "a\\_b \\& 5\\% \\{x\\}\\textbackslash{}n\\textbackslash{}n\\textasciitilde{}\\textasciicircum{}"
    )
    assert len(methods.shown("x" * 100)) == 60


def test_citations_name_paper_software_and_dataset(facts):
    text = citation.bibtex(facts)
    found = yaml.safe_load(citation.cff(facts))

    assert "doi = {10.18653/v1/2023.acl-long.754}" in text
    assert "author = {Jane Doe}" in text
    assert "commit abc" in text
    assert found["type"] == "dataset"
    assert [reference["type"] for reference in found["references"]] == ["software", "conference-paper"]
    assert "conference-paper" not in citation.cff(replace(facts, paper=None))


def test_instruction_induction_is_cited_by_its_paper(facts):
    text = citation.bibtex(replace(facts, paper=paper_of("instruction_induction")))

    assert "@inproceedings{honovich-etal-2023-instruction" in text
    assert "10.18653/v1/2023.acl-long.108" in citation.cff(replace(facts, paper=paper_of("instruction_induction")))


def test_evol_instruct_is_cited_by_the_paper_of_wizardlm(facts):
    text = citation.bibtex(replace(facts, paper=paper_of("evol_instruct")))

    assert "@inproceedings{xu-etal-2024-wizardlm" in text
    assert "forum?id=CfXh93NDgH" in citation.cff(replace(facts, paper=paper_of("evol_instruct")))


def test_alpaca_is_cited_by_its_repository(facts):
    text = citation.bibtex(replace(facts, paper=paper_of("alpaca")))
    (_, reference) = yaml.safe_load(citation.cff(replace(facts, paper=paper_of("alpaca"))))["references"]

    assert "@misc{alpaca," in text
    assert (reference["type"], reference["url"]) == ("generic", "https://github.com/tatsu-lab/stanford_alpaca")


def test_topics_are_listed_with_what_was_wanted_and_kept(facts):
    found = card(replace(facts, coverage={"grow": {"brakes": {"wanted": 4, "kept": 3}}}))

    assert "## Topics\n\n| topic asked for | tasks wanted | tasks kept |" in found
    assert "| brakes | 4 | 3 |" in found
    assert "## Topics" not in card(facts)


def test_the_paragraph_counts_the_answers_to_each_task(facts):
    text = paragraph(replace(facts, resolved={"recipe": {"grow": {"answers": 4}}}))

    assert "made 3 requests, 4 answers to each task; 4" in text
    assert "answers to each" not in paragraph(replace(facts, resolved={"recipe": {"grow": {"answers": 1}}}))


def test_what_a_check_has_found_is_a_limit(facts):
    assert "- A check found that 1.25% of its rows overlap with benchmarks." in card(replace(facts, overlap=0.0125))
    assert "overlap" not in card(facts)


def test_the_paragraph_names_the_judge_and_what_it_found(facts):
    line = Line(level="all", name="all", items=4, figures={"rating": Figure(4.25, 3.9, 4.6), "all_three": Figure(0.5)})
    text = paragraph(replace(facts, judged=(line, ["openai/judge"])))

    assert "openai/judge judged 4 tasks: rating 4.2 (3.9–4.6), all three 50.00. The rating is" in text
    assert "judged" not in paragraph(facts)


def test_a_model_that_only_judges_wrote_nothing(task, composed, built, tmp_path):
    run = built(composed("recipe/judge@recipe=quality", "trackers=[]"), tmp_path)
    said = {"valid_instruction": "yes", "appropriate_input": "yes", "correct_output": "no", "quality": 4}
    models = {"instructions": "writer", "classification": "judge", "quality": "judge"}
    run.pool = Pool([task(1, origin="instructions", models=models, attributes=said)])
    both = judges_of(run)
    run.pool.put(replaced(run.pool["seed_task_1"], models={"instructions": "writer", "quality": "judge"}))
    line, by = judged_in(run)

    assert (both, judges_of(run)) == ([], ["judge"])
    assert (line.figures["rating"].value, line.figures["all_three"].value, by) == (4.0, 0.0, ["judge"])
