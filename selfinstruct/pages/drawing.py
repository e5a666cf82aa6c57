"""Figures as SVG for a page, as PDF for a paper, and as CSV; the only module that starts matplotlib.

The same run gives the same bytes: ids are hashed with a fixed salt, and no file holds a date.

An SVG stands within a page.  Its text and axes take the color of the page (`currentColor`), so that it is right in
light and in dark; and every property that matplotlib writes as an inline style becomes an attribute, since the policy
of the pages forbids inline styles.  Ids that are used begin with the name of the figure, for a page holds many.
"""

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

from selfinstruct.pages.figures.figure import INK, Figure
from selfinstruct.storage.folder import replace_text, replacing
from selfinstruct.storage.remedies import unwritable
from selfinstruct.text.escaping import csv_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

STYLE = Path(__file__).with_name("figures.mplstyle")
FONT_FILE = Path(__file__).with_name("figures.ttf")
"""The Latin, Greek and Cyrillic letters of DejaVu Sans 2.37, as "Figure Sans", without ligatures; its license stands in
it.  A PDF holds the letters that it uses: to cut them out of this file takes a tenth of the time.  Other letters come
from DejaVu Sans itself."""
SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
USED = re.compile(r"url\(#([^)]+)\)")
SHORTHAND = re.compile(r"(?P<rest>.*?)(?P<size>[\d.]+)px\s+(?P<family>.+)")
WEIGHTS = frozenset({"bold", "normal", "100", "200", "300", "400", "500", "600", "700", "800", "900"})
FIXED = {"text.usetex": False, "text.parse_math": False, "svg.hashsalt": "selfinstruct"}
"""What no style changes: no text is given to TeX, and the same figure has the same bytes."""
ONE_AT_A_TIME = Lock()
"""A style of matplotlib holds for the whole process."""


@contextmanager
def drawn(figure: Figure, style: str | None) -> Iterator["Canvas"]:
    """Give the figure as matplotlib draws it, in our style and in another one on top of it, laid out."""
    import matplotlib.style
    from matplotlib.figure import Figure as Canvas
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    ink = {f"{name}.{key}": INK for name in ("xtick", "ytick") for key in ("color", "labelcolor")}
    own = [] if style is None else [style]
    add_font()
    ink |= {"text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "grid.color": INK}
    styles = matplotlib.style.context([STYLE, ink, *own, FIXED], after_reset=True)  # whatever a matplotlibrc says
    with ONE_AT_A_TIME, warnings.catch_warnings(), styles:
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # the page's font will have the letter
        canvas = Canvas(figsize=(figure.width, figure.height))
        figure.draw(canvas)
        ConstrainedLayoutEngine().execute(canvas)  # here, once for all formats, and not whenever it is drawn
        for axes in canvas.axes:  # its last digits differ from time to time, and ids are hashes of places
            left, bottom, width, height = (round(value, 5) for value in axes.get_position(original=True).bounds)
            axes.set_position((left, bottom, width, height))
        yield canvas


@cache
def add_font() -> None:
    """Let matplotlib know our font, once in a process."""
    from matplotlib.font_manager import fontManager

    fontManager.addfont(FONT_FILE)


def svg(figure: Figure, style: str | None = None) -> Markup:
    """Return a figure as an SVG element for a page."""
    with drawn(figure, style) as canvas:
        return as_svg(canvas, figure)


def pdf(figure: Figure, style: str | None = None) -> bytes:
    """Return a figure as a PDF file."""
    with drawn(figure, style) as canvas:
        return as_pdf(canvas)


def png(figure: Figure, style: str | None = None) -> bytes:
    """Return a figure as a PNG file, on white, for those who show no SVG."""
    with drawn(figure, style) as canvas, io.BytesIO() as file:
        canvas.savefig(file, format="png", dpi=200, facecolor="white", metadata={"Software": None})
        return file.getvalue()


def shown(figure: Figure, element: Markup) -> dict[str, Any]:
    """Return a figure as the templates take it."""
    return {"name": figure.name, "title": figure.title, "caption": figure.caption, "svg": element}


def problems_of(style: str) -> list[str]:
    """Return why a style cannot be used, in one sentence or none."""
    import matplotlib.style

    if style.startswith(("http:", "https:", "ftp:", "file:")):  # matplotlib would open it
        return [f"{style!r} is an address. Save the file, and name it."]
    if Path(style).exists() and not Path(style).is_file():  # a pipe or a device is waited for without end
        return [f"{style!r} is no file. Name a style of matplotlib, or a file."]
    try:
        with matplotlib.style.context(style):
            return []
    except (OSError, ValueError) as error:
        return [f"{style!r} cannot be used ({' '.join(str(error).split())}). Name a style of matplotlib, or a file."]


def write(figures: Sequence[Figure], folder: Path, style: str | None = None) -> list[dict[str, Any]]:
    """Write each figure into a folder as SVG, PDF and CSV, and return them as the templates take them.

    Raises RunFolderError where they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    found = []
    for figure in figures:
        with drawn(figure, style) as canvas:
            element, document = as_svg(canvas, figure), as_pdf(canvas)
        own = element.replace("currentColor", INK)
        replace_text(folder / f"{figure.name}.svg", f'<?xml version="1.0" encoding="utf-8"?>\n{own}\n')
        with replacing(folder / f"{figure.name}.pdf") as file:
            file.write(document)
        replace_text(folder / f"{figure.name}.csv", csv_text([figure.head, *figure.rows]))
        found.append(shown(figure, element))
    return found


def as_svg(canvas: "Canvas", figure: Figure) -> Markup:
    """Return what was drawn as an SVG element for a page."""
    with io.BytesIO() as file:
        canvas.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        text = file.getvalue().decode()
    return Markup(tidy(text, figure.name, f"{figure.title}. {figure.caption}"))  # noqa: S704  (escaped by ElementTree)


def as_pdf(canvas: "Canvas") -> bytes:
    """Return what was drawn as a PDF file."""
    with io.BytesIO() as file:
        canvas.savefig(file, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
        return file.getvalue()


def tidy(text: str, name: str, label: str) -> str:
    """Return the SVG element of a file of matplotlib, fit to stand within a page."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", LINK[1 : LINK.index("}")])
    root = ElementTree.fromstring(text)  # noqa: S314  (written by matplotlib a moment ago)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        for key, value in declarations(element.attrib.pop("style", "")):
            element.set(key, value)
    used = {match for element in root.iter() for value in element.attrib.values() for match in USED.findall(value)}
    used |= {element.attrib[LINK][1:] for element in root.iter() if LINK in element.attrib}
    for element in root.iter():
        renamed(element, used, name)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.attrib |= {"role": "img", "aria-label": label, "stroke-linejoin": "round", "stroke-linecap": "butt"}
    return ElementTree.tostring(root, encoding="unicode").replace(INK, "currentColor")


def renamed(element: ElementTree.Element, used: set[str], name: str) -> None:
    """Drop an id that nothing refers to, and let the others and what refers to them begin with a name."""
    if element.attrib.get("id") in used:
        element.set("id", f"{name}-{element.attrib['id']}")
    else:
        element.attrib.pop("id", None)
    for key, value in list(element.attrib.items()):
        if key == LINK:
            element.set(key, f"#{name}-{value[1:]}")
        elif "url(#" in value:
            element.set(key, USED.sub(rf"url(#{name}-\1)", value))


def declarations(style: str) -> Iterator[tuple[str, str]]:
    """Yield the properties of an inline style as attributes of SVG."""
    for declaration in style.split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font" and (font := SHORTHAND.fullmatch(value)):
            yield "font-size", font["size"]
            yield "font-family", "system-ui, sans-serif"
            yield from (("font-weight", word) for word in font["rest"].split() if word in WEIGHTS)
        elif key == "font-family":
            yield "font-family", "system-ui, sans-serif"
        elif key:
            yield key, value
