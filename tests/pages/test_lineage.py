import re


def grown(growing, made):
    growing.commit(made("a", "One.", "seed_0"), made("b", "Two.", "a", request="grow/2/1"))
    return growing.commit(made("c", "Three.", "b", "seed_0", request="grow/3/1"))


def rows(page):
    table = page[page.index("<tbody>") :]
    return [re.findall(r"<td>(?:<a[^>]*>)?([^<]*)", row) for row in table.split("<tr")[1:]]


def test_seeds_are_ranked_by_descendants(look, growing, made):
    page = look(grown(growing, made).folder, "/one/lineage").text

    assert "3 tasks made from 2 seeds; 1 of the seeds have no child." in page
    assert [(row[0], row[1], row[3], row[4]) for row in rows(page)] == [
        ("seed_0", "3", "2", "2"),
        ("seed_1", "0", "0", "0"),
    ]


def test_of_a_task_both_directions_are_shown(look, growing, made):
    page = look(grown(growing, made).folder, "/one/lineage?root=b").text
    above, below = page.split("Below: what descends from it")

    assert "Parents (1)" in above
    assert "Generation 2 above (1)" in above
    assert 'href="/one/lineage?root=seed_0"' in above
    assert "1 child, 1 descendants." in below
    assert [row[:2] for row in rows(below)] == [["c", "0"]]


def test_the_widest_child_comes_first(look, growing, made):
    page = look(grown(growing, made).folder, "/one/lineage?root=seed_0").text

    assert [row[0] for row in rows(page)] == ["a", "c"]


def test_a_run_without_tasks_has_a_page(look, growing):
    assert "0 tasks made from 0 seeds" in look(growing.folder, "/one/lineage").text
