"""Figures as files: what stands in them, and that every figure draws, whatever the run holds."""

import json
import re
from xml.etree import ElementTree

import pytest
from round_folders import Reply, rejection, round_, run, seed, task

from selfinstruct.pages import drawing
from selfinstruct.pages.figures import NAMES, of_run
from selfinstruct.pages.figures.figure import INK, Figure
from selfinstruct.request import Completion
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Instance

RULE = {"until": 9, "saturation": {"rounds": 2, "kept_share": 0.1}}
SIMILARITY = {"_target_": "selfinstruct.filters.similarity.Similarity", "threshold": 0.7}
RECIPE = {"grow": {**RULE, "filters": {"similarity": SIMILARITY}}}
HOSTILE = (
    '<script>window.pwned = 1</script> $x_1$ \\frac & "quotes" \' ]]>',
    "The direction \u202eof this text\u202c is \u2067turned\u2069, \x1b[31m and red\x07.",
    "你好世界 こんにちは مرحبا بالعالم नमस्ते 👩‍🚀 https://example.org/x.png",
    "_begins with a line " + "word" * 80,
)


def figure(text="one", name="small"):
    def draw(canvas):
        axes = canvas.subplots()
        axes.plot([1, 2], [3, 4])
        axes.set_xlabel(text)

    return Figure(
        name=name, title="A line", caption="It rises.", head=["x"], rows=[[1], [None], ["=1"]], draw=draw, width=2
    )


def test_a_figure_takes_the_color_of_the_page_and_is_described():
    svg = drawing.svg(figure())

    assert 'fill="currentColor"' in svg
    assert INK not in svg
    assert 'aria-label="A line. It rises."' in svg


def test_two_figures_of_a_page_share_no_id():
    one, other = (set(re.findall(r'\bid="([^"]+)"', drawing.svg(figure(name=name)))) for name in ("one", "other"))

    assert one
    assert not one & other


def test_every_reference_of_a_figure_has_its_target():
    svg = drawing.svg(figure())

    assert set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg)) == set(
        re.findall(r'\bid="([^"]+)"', svg)
    )


def test_a_style_of_the_user_wins(tmp_path):
    (tmp_path / "own.mplstyle").write_text("lines.linewidth: 7\n")

    assert 'stroke-width="7"' in drawing.svg(figure(), str(tmp_path / "own.mplstyle"))


@pytest.mark.parametrize("style", ["/dev/zero", "file:/etc/passwd", "https://example.org/x.mplstyle", "."])
def test_a_style_that_is_no_file_is_refused_unopened(style):
    assert "Name a style" in drawing.problems_of(style)[0] or "Save the file" in drawing.problems_of(style)[0]


def test_the_settings_of_a_machine_change_no_figure():
    import matplotlib

    expected = drawing.svg(figure())
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert drawing.svg(figure()) == expected


def test_a_figure_is_written_in_three_formats(tmp_path):
    (found,) = drawing.write([figure()], tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.csv", "small.pdf", "small.svg"]
    assert (tmp_path / "small.csv").read_text() == 'x\n1\n""\n\'=1\n'
    assert found["svg"] == drawing.svg(figure())
    assert (tmp_path / "small.pdf").read_bytes() == drawing.pdf(figure())


def test_a_figure_opens_in_a_program_that_has_no_page(tmp_path):
    drawing.write([figure()], tmp_path)

    text = (tmp_path / "small.svg").read_text()
    assert "currentColor" not in text
    assert ElementTree.fromstring(text.encode()).tag == "{http://www.w3.org/2000/svg}svg"


def test_a_pdf_embeds_true_type_letters():
    document = drawing.pdf(figure("five figures finish"))

    assert document.count(b"/FontFile2") == 1  # no second part of the font for ligatures
    assert b"/Type3" not in document


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A run that has every figure, in which everything that a stranger may name or write is hostile."""
    folder = tmp_path_factory.mktemp("runs") / "hostile"
    stage, model = "a<b>$x", "<i>$m$</i>"
    fields = {"origin": stage, "instances": (Instance(HOSTILE[0], HOSTILE[2]),), "most_similar": (("seed_1", 0.5),)}
    made = [task(number, text, "seed_1", HOSTILE[0], **fields) for number, text in enumerate(HOSTILE)]
    made.append(task(9, "Write a story about it.", "grow_1", **fields))
    refused = [rejection(name, HOSTILE[1], nearest=("grow_1", 0.9)) for name in ("_x", "<script>", "$a$", HOSTILE[3])]
    replies = [
        Reply(request=f"{stage}/1/{number}", parents=("seed_1", HOSTILE[0]), completion=completion)
        for number, completion in enumerate(
            [Completion("x", "stop", 9, 9, 0.1, 1.0, model), Completion(model=HOSTILE[1])]
        )
    ]
    read = run(
        folder,
        [round_(1, made, refused, stage=stage), round_(1, stage="empty", kept=0)],
        [seed(1, HOSTILE[0]), seed(2, HOSTILE[1])],
        recipe={stage: RECIPE["grow"]},
        replies=replies,
    )
    steps = [{"step": step, "loss": 3 / step, "learning_rate": 1e-4, "validation_loss": 2.0} for step in (1, 2)]
    steps[1] |= {"reward_accuracy": 0.5, "validation_reward_accuracy": 1.0}
    (folder / "training.jsonl").write_text("".join(json.dumps(step) + "\n" for step in steps))
    figures = {HOSTILE[0]: {"value": 0.5, "low": 0.4, "high": 0.6}}
    line = {"level": "all", "name": "all", "items": 9, "figures": figures}
    table = {"models": [model], "benchmarks": {"<b>$": {"lines": [line]}}}
    (folder / "scores.json").write_text(json.dumps(table))
    return read


@pytest.fixture(scope="module")
def drawn(hostile, tmp_path_factory):
    """The figures of the hostile run, each with its SVG, and the folder that they are in."""
    folder = tmp_path_factory.mktemp("figures")
    figures = of_run(hostile)
    written = drawing.write(figures, folder)
    return folder, {each["name"]: str(each["svg"]) for each in written}


def test_a_run_has_its_figures_in_the_order_of_the_page(drawn):
    assert list(drawn[1]) == [name for name in NAMES if name not in ("topics", "quality", "ratings")]  # no judge


def test_a_text_of_a_stranger_is_text_in_a_figure(drawn):
    for name, svg in drawn[1].items():
        root = ElementTree.fromstring(svg)
        elements = {element.tag.rpartition("}")[2] for element in root.iter()}
        attributes = {key.rpartition("}")[2] for element in root.iter() for key in element.attrib}
        assert elements <= {"svg", "g", "defs", "path", "clipPath", "rect", "use", "text", "tspan"}, name
        assert not {key for key in attributes if key == "style" or key.startswith("on")}, name
        assert "http" not in re.sub(r"https://example.org|xmlns(:xlink)?=\"[^\"]*\"", "", svg), name
        assert not re.search("[\u202e\u2067\x1b]", svg), name


def test_a_text_of_a_figure_is_large_enough_on_a_phone(drawn):
    for name, svg in drawn[1].items():
        root = ElementTree.fromstring(svg)
        width = float(root.attrib["viewBox"].split()[2])
        sizes = [
            float(element.attrib["font-size"].removesuffix("px"))
            for element in root.iter()
            if "font-size" in element.attrib
        ]
        assert min(sizes) * 400 / width >= 8, name


@pytest.mark.slow
def test_figures_repeat_their_bytes(drawn, hostile, tmp_path):
    drawing.write(of_run(RunReader(hostile.folder)), tmp_path)

    written = {path.name: path.read_bytes() for path in drawn[0].iterdir()}
    assert len(written) == 3 * len(drawn[1])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == written


@pytest.mark.slow
def test_ten_thousand_rounds_are_drawn(tmp_path):
    one, other = round_(1, [task(1, "Write a story.", "seed_1")]), round_(1, [], [rejection("parse")])
    read = run(tmp_path, [one, other], [seed(1)], recipe=RECIPE)
    first, second = read.rows
    read.rows = [first, *({**second, "round": number} for number in range(2, 10_001))]

    for figure in of_run(read):
        assert len(drawing.svg(figure)) < 60_000, figure.name
        assert len(figure.rows) < 500, figure.name


@pytest.mark.parametrize(
    "rounds",
    [[round_(1, kept=0)], [round_(1, [task(1)])], [round_(1, [], [rejection("parse")], prompt_tokens=None)]],
    ids=["no candidate", "one task", "one rejection"],
)
def test_the_smallest_runs_are_drawn(tmp_path, rounds):
    for figure in of_run(run(tmp_path, rounds)):
        assert drawing.svg(figure).startswith("<svg")
