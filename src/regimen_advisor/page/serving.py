"""Serve one computer: the teaching page, and advice on a profile that is posted as JSON.

It listens on 127.0.0.1 alone and answers to no other name, so that a web page elsewhere cannot reach it under a name of
its own. It keeps nothing and logs nothing of what is asked.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from regimen_advisor.documents.json import render_answers as render_advice
from regimen_advisor.files.errors import DisagreementError, InputError, Location, Problem
from regimen_advisor.files.output import MAX_BYTES
from regimen_advisor.files.sources import document_of
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.page.workers import BusyError, EndedError, Workers
from regimen_advisor.schemas import schema_of
from regimen_advisor.words.catalogue import joined, say

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"
NAMES = [HOST, "localhost"]
SCHEMAS = ("profile", "advice")
SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
}
WAIT_SECONDS = 10
"""How long a connection may wait for the rest of a request, or for its answer to be fetched."""
LATER = {"Retry-After": "1"}
REQUESTS = 64
"""How many requests are read at once; most of them wait for their body."""


def application(rulebook: Rulebook, html: str, workers: Workers | None = None) -> ASGIApp:
    """The server as an ASGI application.

    ``GET /`` is the page; ``POST /advise`` takes a profile and answers with advice; ``GET /schema/profile`` and
    ``GET /schema/advice`` describe both. Advice is worked out by the ``workers``, or in this process where there are
    none. Raises ``InputError`` where the extra ``web`` is not installed.
    """
    try:
        from starlette.applications import Starlette  # noqa: PLC0415 - an extra
        from starlette.middleware import Middleware  # noqa: PLC0415 - an extra
        from starlette.middleware.trustedhost import TrustedHostMiddleware  # noqa: PLC0415 - an extra
        from starlette.responses import HTMLResponse  # noqa: PLC0415 - an extra
        from starlette.responses import Response as Plain  # noqa: PLC0415 - an extra
        from starlette.routing import Route  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _not_installed(error) from None

    async def page(_request: Request) -> Response:
        return HTMLResponse(html)

    async def advise(request: Request) -> Response:
        status, text = await _advised(request, rulebook, workers)
        return Plain(text, status, headers=LATER if status == 503 else None, media_type="application/json")

    async def schema(request: Request) -> Response:

        name = request.path_params["name"]
        if name not in SCHEMAS:
            text = _problems([_problem(say("served.one_of", choices=joined(SCHEMAS)))])
            return Plain(text, 404, media_type="application/json")
        return Plain(json.dumps(schema_of(name)), media_type="application/json")

    inner = Starlette(
        routes=[
            Route("/", page),
            Route("/advise", advise, methods=["POST"]),
            Route("/schema/{name}", schema),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=NAMES)],
    )
    return _guarded(inner)


def _guarded(app: ASGIApp) -> ASGIApp:
    """The application with the safety headers on every answer of it, and closed to the pages of other origins.

    It is outside Starlette, whose own answers to errors pass no middleware. What is refused before its body was
    read is not read on: the connection ends with the answer.
    """
    from starlette.responses import Response as Plain  # noqa: PLC0415 - an extra

    open_now = 0

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal open_now
        if scope["type"] != "http":
            return await app(scope, receive, send)
        unread = _has_body(scope["headers"])

        async def counted() -> Message:
            nonlocal unread
            message = await receive()
            unread = unread and message.get("more_body", False)
            return message

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {**SAFETY, "Connection": "close"} if unread else SAFETY
                own_headers = [(name.lower().encode(), value.encode()) for name, value in given.items()]
                message = {**message, "headers": [*message.get("headers", ()), *own_headers]}
            await send(message)

        open_now += 1
        try:
            if not _of_this_server(scope["headers"]):
                refused = _problems([_problem(say("served.other_origin"))])
                return await Plain(refused, 403, media_type="application/json")(scope, counted, safely)
            if open_now > REQUESTS:
                busy = _problems([_problem(say("served.busy"))])
                return await Plain(busy, 503, LATER, media_type="application/json")(scope, counted, safely)
            return await app(scope, counted, safely)
        finally:
            open_now -= 1

    return guarded


def _has_body(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers)


def _of_this_server(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether a browser that names the origin of the asking page names this server. Other clients name none."""
    hosts = [value for name, value in headers if name == b"host"]
    origins = [value for name, value in headers if name == b"origin"]
    return all(origin.lower() == b"http://" + host.lower() for origin in origins for host in hosts)


def announce() -> None:
    """Say that the server is starting: the page takes a while to be made."""
    print(say("served.starting"), file=sys.stderr, flush=True)  # noqa: T201


def run(rulebook: Rulebook, html: str, port: int) -> None:
    """Serve until interrupted. Raises ``InputError`` where the port is taken or the extra ``web`` is missing."""
    try:
        import uvicorn  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _not_installed(error) from None

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            # Not before: a signal that comes in between is ignored in a shell's background, or lost in an import.
            address = say("served.address", host=HOST, port=listening.getsockname()[1])
            print(address, file=sys.stderr, flush=True)  # noqa: T201

    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        message = say("served.port", port=port, reason=error.strerror)
        raise InputError.at(Location("--port"), message, say("served.other_port")) from None
    workers = Workers(answered, rulebook)
    app = application(rulebook, html, workers)
    try:
        Announcing(configuration(app)).run(sockets=[listening])
    finally:
        workers.close()


def configuration(app: ASGIApp, seconds: float = WAIT_SECONDS) -> uvicorn.Config:
    """How uvicorn serves the application: nothing logged, its software not named, every wait within ``seconds``."""
    import uvicorn  # noqa: PLC0415 - an extra

    from regimen_advisor.page.connections import bounded_protocol  # noqa: PLC0415 - an extra

    return uvicorn.Config(
        app,
        http=bounded_protocol(SAFETY, seconds),
        ws="none",
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=WAIT_SECONDS,
    )


async def _advised(request: Request, rulebook: Rulebook, workers: Workers | None) -> tuple[int, str]:
    """The status and the JSON of an answer."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return 415, _problems([_problem(say("served.json"))])
    too_long = 413, _problems([_problem(say("served.too_long", count=MAX_BYTES))])
    length = request.headers.get("content-length", "0")
    if len(length) > len(str(MAX_BYTES)) or int(length) > MAX_BYTES:
        return too_long
    body = bytearray()
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BYTES:
                    return too_long
    except TimeoutError:
        return 408, _problems([_problem(say("served.slow", seconds=WAIT_SECONDS))])
    try:
        return answered(bytes(body), rulebook) if workers is None else await workers.ask(bytes(body))
    except BusyError:
        return 503, _problems([_problem(say("served.too_many"))])
    except TimeoutError:
        return 503, _problems([_problem(say("served.too_slow"))])
    except EndedError:
        return 503, _problems([_problem(say("served.ended"))])


def answered(body: bytes, rulebook: Rulebook) -> tuple[int, str]:
    """The status and the JSON of an answer to a posted body."""
    try:
        return 200, _advice(body, rulebook)
    except InputError as error:
        return 400, _problems([*error.shown, *map(_problem, error.left_out)])
    except DisagreementError as error:
        return 500, _problems([_problem(str(error))])


def _advice(body: bytes, rulebook: Rulebook) -> str:

    document = document_of(_parsed(body), "request")
    return render_advice([Guideline.of(rulebook).case(document).advice()])


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        message = say("served.nested") if isinstance(error, RecursionError) else str(error)
        raise InputError([_problem(say("served.json_profile", reason=message))]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(say("served.twice", key=repr(twice)))
    return found


def _no_number(word: str) -> Any:
    raise ValueError(say("served.no_number", word=word))


def _problem(message: str) -> Problem:
    return Problem(Location("request"), message)


def _problems(problems: Sequence[Problem]) -> str:
    listed = [{"message": problem.message, "help": problem.help} for problem in problems]
    return json.dumps({"problems": listed}, ensure_ascii=False)


def _not_installed(error: ImportError) -> InputError:
    return InputError.at(
        Location("serve"), say("missing_extra.not_installed", name=error.name), "pip install 'regimen-advisor[web]'"
    )
