"""Addresses of pages.  An id may hold anything, so that every part of a path is quoted."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from selfinstruct.pages.index import storable

LOST = ("", ".", "..")
"""Parts of a path that a browser leaves out, however they are quoted."""


def link(*parts: object, **query: object) -> str:
    """Return the address of a page of this server."""
    path = "/".join(quote(storable(str(part)), safe="") for part in parts)
    return f"/{path}{asked(query)}"


def asked(query: Mapping[str, object]) -> str:
    """Return what follows a path; values that are empty are left out."""
    given = {key: storable(str(value)) for key, value in query.items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else ""


def task_link(run: str, name: str) -> str:
    """Return the address of a task."""
    return f"/{quote(run, safe='')}/tasks/?id={name}" if name in LOST else link(run, "tasks", name)


def request_link(run: str, request: str) -> str:
    """Return the address of a request, as `instructions/3/2`; the name of a stage may hold a slash."""
    return link(run, "requests", *request.rsplit("/", 2))
