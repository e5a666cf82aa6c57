"""Pages of HTML, made of our templates and of values that HTML shows as they are.

A text of a model, a file or a server is escaped for HTML, and whatever might turn the direction of writing, or move a
cursor, is shown as an escape.  Markup comes from `selfinstruct.pages.drawing` only.

A page that opens from disk holds its style sheet and its script, which a policy in its head allows by their hashes; a
page of the local server links them, and the server sends the policy.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from selfinstruct.text.terminal import printable

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent
TEMPLATES, STYLE_SHEET = FOLDER / "templates", FOLDER / "style.css"
NUMBER = re.compile(r"\$?[+-]?\d[\d,]*(\.\d+)?(e[+-]?\d+)?( ?%)?")
"""A cell of a table that stands to the right, below the digits of other rows."""


def page(template: str, values: Mapping[str, Any]) -> str:
    """Return a page for the local server, whose style sheet and script are files of their own."""
    return environment().get_template(template).render(values, standalone=None)


def file(template: str, values: Mapping[str, Any], script: Path | None = None) -> str:
    """Return a page that opens from disk, with all that it needs inside."""
    style = STYLE_SHEET.read_text(encoding="utf-8")
    code = "" if script is None else script.read_text(encoding="utf-8")
    allowed = f"style-src '{sha256(style)}'" + (f"; script-src '{sha256(code)}'" if code else "")
    inside = {
        "policy": f"default-src 'none'; img-src data:; {allowed}; base-uri 'none'; form-action 'none'",
        "style": Markup(style),  # noqa: S704  (our own files)
        "script": Markup(code),  # noqa: S704
    }
    return environment().get_template(template).render(values, standalone=inside)


def sha256(text: str) -> str:
    """Return the hash of a text as a policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def environment() -> "Environment":
    """Return the templates, in which every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(TEMPLATES),
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.tests["numeral"] = lambda cell: NUMBER.fullmatch(str(cell)) is not None
    return made


def shown(value: Any) -> Any:
    """Return a value as a page shows it: what a reader might not see becomes an escape."""
    return value if isinstance(value, Markup) else printable(str(value))
