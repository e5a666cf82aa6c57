from selfinstruct.actions.score_table import as_latex, as_markdown, as_rows, shown_as
from selfinstruct.metrics.table import Figure, Line, Table
from selfinstruct.text.escaping import csv_text

HOSTILE = '=HYPERLINK("http://x.example") www.x.example [a](b)'


def table(**figures):
    line = Line(level="all", name=HOSTILE, items=2, figures=figures, notes={"best": "@x"})
    return Table(benchmark="b_1", lines=[line], items=[], meanings={})


def test_a_share_is_shown_in_percent_with_its_interval_and_a_count_as_it_is():
    assert shown_as("rouge_l", Figure(0.5, 0.25, 0.75)) == "50.00 (25.0–75.0)"
    assert shown_as("rouge_l", Figure(0.5)) == "50.00"
    assert shown_as("words_first", Figure(12.34)) == "12.3"
    assert shown_as("rouge_l", None) == shown_as("rouge_l", Figure(None)) == ""


def test_what_others_wrote_is_neither_a_formula_nor_a_link_nor_a_command():
    rows = csv_text(as_rows([table(rouge_l=Figure(0.5))])).splitlines()
    text = as_markdown([table(rouge_l=Figure(0.5))], ["<script>"], ["see http://x.example"])

    assert rows[0] == "benchmark,level,name,items,rouge_l,rouge_l_low,rouge_l_high,best"
    assert rows[1] == 'b_1,all,"\'=HYPERLINK(""http://x.example"") www.x.example [a](b)",2,0.5,,,\'@x'
    assert '| =HYPERLINK("http\\://x.example") www\\.x.example \\[a\\](b) | 2 | 50.00 | \\@x |\n' in text
    assert "By \\<script\\>.\n" in text
    assert "**see http\\://x.example**" in text
    assert "rouge\\_l" in as_latex([table(rouge_l=Figure(0.5))])


def test_single_tasks_stand_in_no_table_of_a_paper():
    lines = [Line(level=level, name=level, items=1, figures={}) for level in ("all", "category", "task")]
    text = as_latex([Table(benchmark="b", lines=lines, items=[], meanings={})])

    assert "category" in text
    assert "task" not in text
