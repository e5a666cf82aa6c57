"""The local server of `actions=[view]` and `actions=[rate]`; with `connections`, all that knows `aiohttp.web`.

An action gives its routes: a pattern of a path, and a function that makes the answer.  Such a function knows nothing of
HTTP and is called in a thread, since it may read files and draw; so two of them may be at work at the same time.  Who
may ask, and what a browser may do with an answer, is settled in `selfinstruct.pages.guard`, for all routes alike.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from selfinstruct.errors import SelfInstructError
from selfinstruct.pages import html
from selfinstruct.pages.connections import connections
from selfinstruct.pages.guard import HEADERS, MOST_BYTES, Guard, token_for
from selfinstruct.pages.listening import in_thread, listening, stopped_by_signals
from selfinstruct.text.terminal import printable

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Middleware

    Answer: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOG = logging.getLogger(__name__)
STATIC = {".css": "text/css", ".js": "text/javascript"}
HTML = "text/html"
UNKNOWN = "There is no such page."
BUG = "This page could not be made, because of a bug in selfinstruct. The terminal shows the error."
MISDIRECTED = "This server answers to the address that it printed when it started, and to no other."
NO_TOKEN = "Open the address that was printed when the server started: it holds a token, which is missing here."  # noqa: S105
UNREADABLE = "What was sent cannot be read."
FROM_ELSEWHERE = "Only a page of this server may send this."


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """What a browser asks for."""

    path: Mapping[str, str] = field(default_factory=dict)
    """What stands in the path for each `{name}` of the route's pattern, decoded."""
    query: Mapping[str, str] = field(default_factory=dict)
    """What stands after the question mark; of a key that stands there twice, the first."""
    form: Mapping[str, str] = field(default_factory=dict)
    """What a form has sent, by POST."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """What a browser gets."""

    body: str | bytes | Iterator[str]
    """The pieces of an iterator are sent as they are made."""
    type: str = HTML
    status: int = 200
    location: str | None = None
    """Where to go instead; a path of this server."""
    policy: str | None = None
    """Another policy than that of our pages, for a page that is not ours."""


class PageError(SelfInstructError):
    """A page that cannot be shown; the message says why."""

    def __init__(self, text: str, status: int = 404) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Route:
    """A pattern of a path, as `/rate/{sheet}`, and what answers it."""

    path: str
    answer: Callable[[PageRequest], Response]
    """Called in a thread; raises PageError, or another SelfInstructError, where there is no answer."""
    method: Literal["GET", "POST"] = "GET"


def serve(routes: Sequence[Route], host: str, port: int, *, name: str) -> None:
    """Answer until Ctrl-C or SIGTERM; `name` is that of the action, whose keys are named where the port is taken.

    Port 0 lets the system choose one.  Raises SelfInstructError where the port cannot be used.
    """
    with listening(host, port, name) as own:
        guard = Guard(host=host, port=own.getsockname()[1], token=token_for(host))
        asyncio.run(answering(application(routes, guard), own, guard))


async def answering(app: "web.Application", own: socket.socket, guard: Guard) -> None:
    """Answer until a signal says to stop, and print the address first."""
    from aiohttp import web

    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    assert runner.server is not None  # it was set up
    server = await asyncio.get_running_loop().create_server(connections(runner.server), sock=own)
    try:
        with stopped_by_signals() as stop:
            print(printable(f"Open {guard.addresses} in a browser; press Ctrl-C to stop."), flush=True)  # noqa: T201
            await stop.wait()
    finally:
        server.close()
        await runner.cleanup()


def application(routes: Sequence[Route], guard: Guard | None = None) -> "web.Application":
    """Return the server of some routes; without a guard, one for the machine's own interface at any port."""
    from aiohttp import web

    app = web.Application(middlewares=[guarded(guard)], client_max_size=MOST_BYTES)
    app.on_response_prepare.append(with_headers)
    app.router.add_get("/static/{name}", static)
    for route in routes:
        add = app.router.add_post if route.method == "POST" else app.router.add_get
        add(route.path, answered(route))
    return app


async def with_headers(request: "web.BaseRequest", response: "web.StreamResponse") -> None:
    """Give an answer what every answer has."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)


def guarded(given: Guard | None) -> "Middleware":
    """Return what every request passes through: the guard, and errors as pages."""
    from aiohttp import web

    @web.middleware
    async def middleware(request: web.Request, handler: "Answer") -> web.StreamResponse:
        guard = given or Guard(host="127.0.0.1", port=request.transport.get_extra_info("sockname")[1])  # type: ignore[union-attr]
        try:
            return refused(request, guard) or await handler(request)
        except web.HTTPException as error:
            text = UNKNOWN if error.status == 404 else f"{error.reason}."
            return problem(text, error.status, allow=error.headers.get("Allow"))
        except PageError as error:
            return problem(str(error), error.status)
        except SelfInstructError as error:
            return problem(str(error), 500)
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception:
            LOG.exception("a bug in the page %s", request.path)
            return problem(BUG, 500)

    return middleware


def refused(request: "web.Request", guard: Guard) -> "web.Response | None":
    """Return the answer to a request that is refused, or that has brought the token; None for any other."""
    hosts = request.headers.getall("Host", [])
    if guard.misdirected(hosts):
        return problem(MISDIRECTED, 421)
    if (brought := request.query.get("token")) and guard.token is not None and guard.knows(brought):
        return with_cookie(request, guard)
    if not guard.knows(request.cookies.get(guard.cookie)):
        return problem(NO_TOKEN, 403)
    if request.method not in ("GET", "HEAD") and guard.is_from_elsewhere(hosts[0], request.headers):
        return problem(FROM_ELSEWHERE, 403)
    return None


def with_cookie(request: "web.Request", guard: Guard) -> "web.Response":
    """Store the token in a cookie, and lead to the same page without it in the address."""
    from aiohttp import web

    there = request.rel_url.without_query_params("token")
    response = web.Response(status=303, headers={"Location": f"/{str(there).lstrip('/')}"})
    response.set_cookie(guard.cookie, guard.token or "", httponly=True, samesite="Strict", path="/")
    return response


def problem(text: str, status: int, allow: str | None = None) -> "web.Response":
    """Return a page that says what is wrong."""
    from aiohttp import web

    page = html.page("problem.html", {"title": HTTPStatus(status).phrase, "text": text})
    return web.Response(
        text=page, status=status, content_type=HTML, charset="utf-8", headers={"Allow": allow} if allow else None
    )


def answered(route: Route) -> "Answer":
    """Return what answers the requests of a route."""

    async def answer(request: "web.Request") -> "web.StreamResponse":
        try:
            form = await request.post() if route.method == "POST" else {}
        except (ValueError, LookupError):  # it lacks a boundary, or its letters are of no known kind
            raise PageError(UNREADABLE, 400) from None
        texts = {key: value for key, value in form.items() if isinstance(value, str)}
        query = {key: request.query.getall(key)[0] for key in request.query}
        asked = PageRequest(path=dict(request.match_info), query=query, form=texts)
        return await sent(request, await in_thread(lambda: route.answer(asked)))

    return answer


async def sent(request: "web.Request", response: Response) -> "web.StreamResponse":
    """Send an answer; what is made piece by piece is sent so."""
    from aiohttp import web

    if response.location is not None:
        return web.Response(status=303, headers={"Location": response.location})
    if isinstance(response.body, str):
        body = response.body.encode("utf-8", "backslashreplace")
        return web.Response(body=body, status=response.status, content_type=response.type, charset="utf-8")
    if isinstance(response.body, bytes):
        headers = {"Content-Security-Policy": response.policy} if response.policy else None
        return web.Response(body=response.body, status=response.status, content_type=response.type, headers=headers)
    stream = web.StreamResponse(status=response.status)
    stream.content_type, stream.charset = response.type, "utf-8"
    await stream.prepare(request)
    try:
        pieces = response.body
        while (piece := await in_thread(lambda: next(pieces, None))) is not None:
            await stream.write(piece.encode("utf-8", "backslashreplace"))
        await stream.write_eof()
    except Exception:  # it is too late for a page that says so: the browser sees that the answer is not whole
        LOG.exception("%s was interrupted", request.path)
        if request.transport is not None:
            request.transport.abort()
    return stream


async def static(request: "web.Request") -> "web.Response":
    """Return a style sheet or a script of ours."""
    from aiohttp import web

    found = {path.name: path for path in html.FOLDER.iterdir() if path.suffix in STATIC}
    path: Path | None = found.get(request.match_info["name"])
    if path is None:
        raise web.HTTPNotFound
    return web.Response(body=path.read_bytes(), content_type=STATIC[path.suffix], charset="utf-8")
