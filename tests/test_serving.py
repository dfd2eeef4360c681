"""The local server by its answers."""

import asyncio
import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import MagicMock

import pytest
from typer.testing import CliRunner

from regimen_advisor.advice import Advice
from regimen_advisor.cli.app import app, main
from regimen_advisor.files.errors import DisagreementError, InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.schemas import schema_of

testclient = pytest.importorskip("starlette.testclient", reason="the extra `web` is not installed")
serving = pytest.importorskip("regimen_advisor.page.serving")
workers = pytest.importorskip("regimen_advisor.page.workers")

T = TypeVar("T")
PROFILE = {"id": "asked", "disease": "nsclc", "histology": "squamous", "stage": "IV"}
JSON = {"content-type": "application/json"}


@pytest.fixture
def client(rulebook: Rulebook) -> Any:
    return testclient.TestClient(serving.application(rulebook, "<!doctype html>page"), base_url="http://127.0.0.1:8000")


def test_very_many_problems_of_a_posted_profile_are_bounded_and_the_rest_is_counted(client: Any) -> None:
    drugs = [f"osimertinip{index}" for index in range(2_000)]
    answer = client.post("/advise", json={"disease": "nsclc", "history": [{"line": 1, "drugs": drugs}]})
    assert answer.status_code == 400
    *problems, more, unsearched = answer.json()["problems"]
    assert [entry["help"] for entry in problems] == ["did you mean `osimertinib`?"] * 20 + [None] * 480
    assert more["message"] == "and 1,500 more"
    assert unsearched["message"] == "suggestions were not searched for 1,980 more words"


def test_half_a_character_in_a_posted_profile_is_refused(client: Any) -> None:
    kind = {"content-type": "application/json"}
    for body in (b'{"summary": "\\ud800"}', b'{"id": "a\\udfff"}', b'{"\\ud800": 1}'):
        answer = client.post("/advise", content=body, headers=kind)
        assert answer.status_code == 400
        assert "half a character" in answer.text


def test_the_page_is_served(client: Any) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.text == "<!doctype html>page"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_posted_profile_is_answered_with_the_same_advice_as_on_the_command_line(client: Any, tmp_path: Path) -> None:
    file = tmp_path / "asked.yaml"
    file.write_text(json.dumps(PROFILE), encoding="utf-8")
    answer = client.post("/advise", json=PROFILE)
    assert answer.status_code == 200
    assert answer.json() == json.loads(CliRunner().invoke(app, ["advise", str(file), "--format", "json"]).stdout)
    assert Advice.model_validate_json(answer.text).profile.id == "asked"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "expected a profile as JSON"),
        (b"{", "expected a profile as JSON in UTF-8: Expecting property name"),
        (b"\xff", "expected a profile as JSON"),
        (b"[" * 100_000, "expected a profile as JSON in UTF-8: nested too deeply"),
        (b'{"id": "a", "disease": "nsclc", "disease": "sclc"}', "the key 'disease' occurs twice"),
        (b'{"ecog": NaN}', "NaN is not a number"),
        (b"[]", "expected a profile"),
        (b"{}", "expected at least one key"),
        (b'{"diseas": "nsclc"}', "diseas"),
        (b'{"pd_l1_tps": 150}', "pd_l1_tps"),
        (b'{"history": [{"line": 1, "drugs": ["osimertinb"]}]}', "osimertinb"),
        (b'{"id": "\\ud800"}', "half a character"),
        (b'{"\\ud800": 1}', "half a character"),
        (b'{"disease": "sclc", "histology": "squamous"}', "contradict each other"),
    ],
)
def test_bad_input_is_answered_with_its_problems(client: Any, body: bytes, words: str) -> None:
    answer = client.post("/advise", content=body, headers=JSON)
    assert answer.status_code == 400
    assert any(words in problem["message"] for problem in answer.json()["problems"])


def test_a_problem_is_written_in_the_letters_that_were_posted(client: Any) -> None:
    assert "größe" in client.post("/advise", content='{"größe": 1}'.encode(), headers=JSON).text


def test_a_body_that_comes_in_parts_of_which_none_says_how_long_it_is_is_read_whole(client: Any) -> None:
    whole = json.dumps(PROFILE).encode()
    parts = (whole[start : start + 20] for start in range(0, len(whole), 20))
    assert client.post("/advise", content=parts, headers=JSON).status_code == 200


def test_a_body_of_just_the_size_that_is_allowed_is_read(client: Any) -> None:
    body = json.dumps(PROFILE).encode().ljust(1_000_000)
    assert client.post("/advise", content=body, headers=JSON).status_code == 200
    assert client.post("/advise", content=iter([body]), headers=JSON).status_code == 200
    assert client.post("/advise", content=iter([body, b" "]), headers=JSON).status_code == 413


def test_too_large_a_body_is_refused(client: Any) -> None:
    answer = client.post("/advise", content=b'{"summary": "' + b"x" * 5_000_000 + b'"}', headers=JSON)
    assert answer.status_code == 413


def test_a_form_of_another_web_page_cannot_post(client: Any) -> None:
    answer = client.post("/advise", content=json.dumps(PROFILE), headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    assert "access-control-allow-origin" not in client.post("/advise", json=PROFILE).headers


def test_two_engines_that_differ_are_an_error_of_the_server_and_say_what_they_differ_in(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(body: bytes, rulebook: Rulebook) -> str:
        raise DisagreementError("a-rule")

    monkeypatch.setattr(serving, "_advice", differ)
    answer = client.post("/advise", json=PROFILE)
    assert answer.status_code == 500
    assert "a-rule" in answer.json()["problems"][0]["message"]


def test_another_name_for_this_computer_is_refused(client: Any) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_only_posts_are_advised(client: Any) -> None:
    assert client.get("/advise").status_code == 405


@pytest.mark.parametrize("name", ["profile", "advice"])
def test_the_schemas_are_published(client: Any, name: str) -> None:
    answer = client.get(f"/schema/{name}")
    assert answer.json() == schema_of(name)
    assert answer.headers["content-type"] == "application/json"
    missing = client.get("/schema/other")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/json")
    assert "profile, advice" in missing.text


def test_nothing_of_a_patient_is_logged(client: Any, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post("/advise", json={**PROFILE, "id": "very-secret-name"})
        client.post("/advise", json={**PROFILE, "egfr": "very-secret-name"})
    out, err = capfd.readouterr()
    assert "very-secret-name" not in caplog.text + out + err


def test_a_port_that_is_taken_is_reported(rulebook: Rulebook) -> None:
    with socket.create_server((serving.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} cannot be used"):
            serving.run(rulebook, "", port)


def test_a_library_that_is_not_installed_is_named_with_how_to_install_it(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, start in (
        ("uvicorn", lambda: serving.run(rulebook, "", 0)),
        ("starlette.applications", lambda: serving.application(rulebook, "")),
    ):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(InputError) as missing:
            start()
        (problem,) = missing.value.problems
        assert (problem.message, problem.help) == (f"{name} is not installed", "pip install 'regimen-advisor[web]'")


def test_the_limits_are_those_that_are_promised() -> None:
    """The page on reliability names them."""
    assert (serving.WAIT_SECONDS, serving.REQUESTS, serving.MAX_BYTES) == (10, 64, 1_000_000)
    assert (workers.SECONDS, workers.AT_ONCE) == (2, 4)


def test_the_verb_says_that_it_starts_before_it_reads_the_rules(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[str] = []

    def read(*_: object) -> None:
        steps.append(capsys.readouterr().err)
        raise InputError.at(Location("rules"), "none here")

    monkeypatch.setattr("regimen_advisor.cli.serve.load_rulebook", read)
    with pytest.raises(SystemExit):
        main(["serve"])
    assert steps == ["Starting ...\n"]


def test_the_server_listens_on_this_computer_alone_and_does_not_name_its_software(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    uvicorn = pytest.importorskip("uvicorn")
    ran: list[tuple[Any, str]] = []

    async def startup(*_: object) -> None:
        assert not capsys.readouterr().err  # the address is given afterwards

    def run(server: Any, sockets: list[socket.socket]) -> None:
        run_apart(server.startup(sockets))
        for entry in sockets:
            ran.append((server, entry.getsockname()[0]))
            entry.close()

    monkeypatch.setattr(uvicorn.Server, "startup", startup)
    monkeypatch.setattr(uvicorn.Server, "run", run)
    started = MagicMock()
    monkeypatch.setattr(serving, "Workers", lambda *_: started)
    serving.run(rulebook, "", 0)
    started.close.assert_called_once()
    [(server, host)] = ran
    assert host == "127.0.0.1"
    config = server.config
    assert not config.server_header
    assert (config.log_level, config.access_log) == ("critical", False)
    assert (config.ws, config.timeout_graceful_shutdown) == ("none", 10)
    assert capsys.readouterr().err.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 200),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/schema/other", {}, 404),
        ("GET", "/advise", {}, 405),
        ("POST", "/advise", {}, 415),
        ("POST", "/advise", JSON, 400),
        ("GET", "/", {"host": "evil.example"}, 400),
        ("GET", "/", {"origin": "http://evil.example"}, 403),
    ],
)
def test_every_answer_carries_the_safety_headers(
    client: Any, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = client.request(method, path, headers=headers)
    assert answer.status_code == status
    assert "connection" not in answer.headers  # nothing was left unread
    assert "retry-after" not in answer.headers  # it would be the same a second later
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_an_internal_error_carries_the_safety_headers(rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(body: bytes, rulebook: Rulebook) -> str:
        raise RuntimeError

    monkeypatch.setattr(serving, "_advice", fails)
    served = serving.application(rulebook, "")
    with testclient.TestClient(served, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        answer = client.post("/advise", json=PROFILE)
    assert answer.status_code == 500
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:8000", "http://127.0.0.1:9"])
def test_a_page_of_another_origin_is_refused(client: Any, origin: str) -> None:
    answer = client.post("/advise", json=PROFILE, headers={"origin": origin})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/json"


async def _asked(
    app: Any, receive: Callable[[], Awaitable[dict[str, Any]]], body: bytes = b"{}"
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of an answer to a posted profile that comes as ``receive`` gives it."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "method": "POST", "path": "/advise", "headers": headers, "query_string": b""}
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(part.get("body", b"") for part in sent)


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives, in a thread of its own: in this one the loop of a browser may be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def test_a_connection_stays_open_where_the_body_came_whole(rulebook: Rulebook) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"stage": "XX"}'}  # without `more_body` it is the last part

    status, headers, _ = run_apart(_asked(serving.application(rulebook, ""), receive))
    assert status == 400
    assert b"connection" not in headers


def test_a_body_that_does_not_come_in_time_is_given_up(rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "WAIT_SECONDS", 0.01)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(30)
        raise AssertionError

    status, headers, body = run_apart(_asked(serving.application(rulebook, ""), receive))
    assert status == 408
    assert headers[b"connection"] == b"close"
    assert b"expected the whole profile within" in body


def test_nothing_is_read_of_a_body_that_says_it_is_too_large(rulebook: Rulebook) -> None:
    async def receive() -> dict[str, Any]:
        raise AssertionError

    status, headers, _ = run_apart(_asked(serving.application(rulebook, ""), receive, b"x" * 1_000_001))
    assert (status, headers[b"connection"]) == (413, b"close")


def test_requests_are_counted_while_they_are_read_and_no_longer(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "REQUESTS", 2)
    app = serving.application(rulebook, "")

    async def round_of_three() -> list[int]:
        come = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await come.wait()
            return {"type": "http.request", "body": b"{"}

        asked = [asyncio.create_task(_asked(app, receive)) for _ in range(3)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        come.set()
        answers = await asyncio.gather(*asked)
        assert {headers[b"content-type"] for _, headers, _ in answers} == {b"application/json"}
        return [status for status, _, _ in answers]

    async def rounds() -> list[list[int]]:
        return [await asyncio.wait_for(round_of_three(), 60) for _ in range(3)]

    assert run_apart(rounds()) == [[400, 400, 503]] * 3


def test_the_page_of_this_server_may_ask(client: Any) -> None:
    for host, origin in (("127.0.0.1:8000", "http://127.0.0.1:8000"), ("LocalHost:8000", "HTTP://localhost:8000")):
        answer = client.post("/advise", json=PROFILE, headers={"host": host, "origin": origin})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


HEAD = b"Host: 127.0.0.1\r\nContent-Type: application/json\r\n"
LARGE = b"Content-Length: 1000000\r\n\r\n{"


@contextmanager
def _server(rulebook: Rulebook, seconds: float) -> Iterator[tuple[str, int]]:
    """The server on a real port, with connections that may wait for so many seconds and a page of ten megabytes."""
    uvicorn = pytest.importorskip("uvicorn")
    configuration = serving.configuration(serving.application(rulebook, "page" * 2_500_000), seconds)
    configuration.timeout_keep_alive = 600  # so that what ends a connection here is no limit of uvicorn's own
    server = uvicorn.Server(configuration)
    with socket.create_server((serving.HOST, 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def address(rulebook: Rulebook) -> Iterator[tuple[str, int]]:
    """Of a server whose connections may wait for a minute: longer than any test takes."""
    with _server(rulebook, 60) as found:
        yield found


@pytest.fixture(scope="module")
def impatient(rulebook: Rulebook) -> Iterator[tuple[str, int]]:
    """Of a server whose connections may wait for 0.3 seconds."""
    with _server(rulebook, 0.3) as found:
        yield found


def _received(address: tuple[str, int], request: bytes) -> bytes:
    """What comes back until the server ends the connection."""
    with socket.create_connection(address) as connection:
        connection.settimeout(60)
        connection.sendall(request)
        found = b""
        try:
            while part := connection.recv(1_000_000):
                found += part
        except ConnectionResetError:  # what was sent and not read is answered so
            return found
        return found


@pytest.mark.parametrize("begun", [b"", b"POST /adv", b"POST /advise HTTP/1.1\r\n" + HEAD])
def test_a_connection_on_which_no_whole_request_comes_is_ended(impatient: tuple[str, int], begun: bytes) -> None:
    assert _received(impatient, begun) == b""


def test_a_request_that_drips_in_is_ended_too(impatient: tuple[str, int]) -> None:
    with socket.create_connection(impatient) as connection, pytest.raises(OSError, match=r"reset|[Bb]roken"):  # noqa: PT012
        for _ in range(400):
            connection.sendall(b"G")
            time.sleep(0.05)


def test_an_answer_that_nobody_fetches_is_given_up(impatient: tuple[str, int]) -> None:
    with socket.create_connection(impatient) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")
        time.sleep(1)
        assert sum(map(len, iter(lambda: connection.recv(1_000_000), b""))) < 10_000_000


def test_a_connection_that_asked_is_open_for_what_it_asks_next(impatient: tuple[str, int]) -> None:
    with closing(http.client.HTTPConnection(*impatient)) as connection:
        for pause in (0.6, 0):
            connection.request("POST", "/advise", json.dumps(PROFILE), JSON)
            assert json.loads(connection.getresponse().read())["profile"]["id"] == "asked"
            time.sleep(pause)


@pytest.mark.parametrize(
    ("line", "more", "status"),
    [
        (b"POST /nowhere", b"", b"404"),
        (b"POST /", b"", b"405"),
        (b"POST /advise", b"Origin: http://evil.example\r\n", b"403"),
        (b"POST /advise", b"Content-Type: text/plain\r\n", b"415"),
        (b"POST /advise", b"Content-Length: 1000001\r\nExpect: 100-continue\r\n", b"413"),
    ],
)
def test_the_body_of_a_refused_request_is_not_read_on(
    address: tuple[str, int], line: bytes, more: bytes, status: bytes
) -> None:
    head = HEAD.split(b"Content-Type")[0] if b"Content-Type" in more else HEAD
    length = b"\r\n" if b"Content-Length" in more else LARGE
    answer = _received(address, line + b" HTTP/1.1\r\n" + head + more + length)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"connection: close" in answer


def test_what_is_no_http_is_refused_with_the_safety_headers(address: tuple[str, int]) -> None:
    for sent in (b"\0\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000):
        head = _received(address, sent).lower()
        assert head.startswith(b"http/1.1 400")
        assert all(f"{name}: {value}".lower().encode() in head for name, value in serving.SAFETY.items())
        assert b"server:" not in head


def test_more_requests_at_once_than_are_read_are_asked_to_wait(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "REQUESTS", 1)
    with socket.create_connection(address) as first:
        first.sendall(b"POST /advise HTTP/1.1\r\n" + HEAD + LARGE)
        short = b"GET /nowhere HTTP/1.1\r\nConnection: close\r\n" + HEAD + b"\r\n"
        _wait_for(lambda: b" 503 " in _received(address, short))  # the first is read by now
        answer = _received(address, b"POST /advise HTTP/1.1\r\n" + HEAD + LARGE)
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 1" in answer


class FakeWorker:
    """Takes the place of a process of the server."""

    made: list["FakeWorker"] = []  # noqa: RUF012 - emptied by the test
    ready = False

    def __init__(self, *given: object) -> None:
        self.given, self.waited, self.killed = given, False, False
        self.made.append(self)

    def wait(self) -> None:
        self.waited = self.ready = True

    def kill(self) -> None:
        self.killed = True


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> list[FakeWorker]:
    FakeWorker.made.clear()
    monkeypatch.setattr(workers, "_Worker", FakeWorker)
    return FakeWorker.made


def test_four_processes_are_started_and_all_of_them_end_with_the_server(
    rulebook: Rulebook, fakes: list[FakeWorker]
) -> None:
    started = workers.Workers(_slow, rulebook)
    assert fakes[0].waited  # so that the first answer need not wait
    assert len(fakes) == 4
    _wait_for(lambda: len(started._idle) == 4)
    assert sorted(map(id, started._idle)) == sorted(map(id, fakes))
    assert {fake.given for fake in fakes} == {(_slow, rulebook, 2.0)}
    begins, ends = threading.Event(), threading.Event()
    working = started._threads.submit(lambda: begins.set() or ends.wait(60))
    begins.wait(60)
    started.close()
    assert not working.done()  # what is still being worked out is not waited for
    ends.set()
    with pytest.raises(RuntimeError):  # nor is anything asked after it
        started._threads.submit(ends.wait)
    assert all(fake.killed for fake in fakes)


THEIRS, RULEBOOK = MagicMock(), MagicMock()


def _worker(monkeypatch: pytest.MonkeyPatch, connection: MagicMock) -> tuple[Any, MagicMock]:
    """A worker with this end of its pipe and a process that is none, and how the process was asked for."""
    context = MagicMock()
    context.Pipe.return_value = (connection, THEIRS)
    monkeypatch.setattr(workers.multiprocessing, "get_context", lambda _: context)
    worker = workers._Worker(_slow, RULEBOOK, 2.0)
    assert not worker.ready
    worker.wait()
    assert worker.ready
    return worker, context


@pytest.mark.parametrize(
    ("connection", "error"),
    [
        ({"poll.return_value": False}, TimeoutError),
        ({"poll.side_effect": EOFError}, workers.EndedError),
        ({"send.side_effect": BrokenPipeError}, workers.EndedError),
    ],
)
def test_a_process_that_has_not_answered_is_ended_and_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any], error: type[Exception]
) -> None:
    """Its answer would come in time for the next question."""
    worker, context = _worker(monkeypatch, MagicMock(**connection))
    with pytest.raises(error):
        worker.ask(b"{}")
    assert not worker.ready
    process = context.Process.return_value
    process.kill.assert_called_once()
    process.join.assert_called_once()
    worker._connection.close.assert_called_once()


def test_a_process_ends_with_the_server_even_where_nobody_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    THEIRS.reset_mock()
    worker, context = _worker(monkeypatch, MagicMock())
    given = {"target": workers._work, "args": (THEIRS, _slow, RULEBOOK, 2.0), "daemon": True}
    assert context.Process.call_args.kwargs == given
    context.Process.return_value.start.assert_called_once()
    THEIRS.close.assert_called_once()  # else the pipe would not end with the process
    worker.kill()
    context.Process.return_value.kill.assert_called_once()


def test_a_process_that_could_not_be_replaced_at_once_is_replaced_before_it_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker, context = _worker(monkeypatch, MagicMock(**{"recv.side_effect": [None, None, (200, "one"), (200, "two")]}))
    worker.end()
    assert [worker.ask(b"1"), worker.ask(b"2")] == [(200, "one"), (200, "two")]
    assert context.Process.call_count == 2
    assert [sent.args for sent in worker._connection.send.call_args_list] == [(b"1",), (b"2",)]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such timer")
@pytest.mark.parametrize("closed", [EOFError, BrokenPipeError])
def test_a_process_answers_until_its_pipe_is_closed_and_watches_the_clock_only_while_it_works(
    monkeypatch: pytest.MonkeyPatch, closed: type[Exception]
) -> None:
    bodies, sent, timers = [b"one", b"two"], [], []
    ignored = []
    monkeypatch.setattr(signal, "signal", lambda *given: ignored.append(given))

    def answer(body: bytes, _: object) -> tuple[int, str]:
        timers.append(signal.getitimer(signal.ITIMER_REAL)[0])
        return 200, body.decode()

    def receive() -> bytes:
        timers.append(signal.getitimer(signal.ITIMER_REAL)[0])
        if not bodies:
            raise closed
        return bodies.pop(0)

    try:
        workers._work(MagicMock(recv=receive, send=sent.append), answer, MagicMock(), 30.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert sent == [None, (200, "one"), (200, "two")]
    ready, waiting, working = timers[0], timers[1::2], timers[2::2]
    assert [ready, *waiting] == [0] * 4
    assert all(30 < timer <= 31 for timer in working)
    assert ignored == [(signal.SIGINT, signal.SIG_IGN)]  # it is for the server to end them


def _slow(body: bytes, rulebook: Rulebook) -> tuple[int, str]:
    if b"ends" in body:
        os._exit(1)
    time.sleep(30 if b"slow" in body else 0)
    return 200, "{}"


def _wait_for(happened: Callable[[], bool]) -> None:
    """Wait until it has happened; a minute is for what never does, and bounds nothing that is tested."""
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_advice_that_takes_too_long_is_given_up_and_more_than_are_allowed_at_once_are_asked_to_wait(
    rulebook: Rulebook,
) -> None:
    workers = serving.Workers(_slow, rulebook, at_once=1, seconds=0.5)
    try:
        served = serving.application(rulebook, "", workers)
        with testclient.TestClient(served, base_url="http://127.0.0.1:8000") as client:
            late = client.post("/advise", json={"id": "slow"})
            assert (late.status_code, late.headers["retry-after"]) == (503, "1")
            _wait_for(lambda: client.post("/advise", json={"id": "quick"}).status_code != 503)
            assert client.post("/advise", json={"id": "ends"}).status_code == 503
            _wait_for(lambda: bool(workers._idle))
            assert client.post("/advise", json={"id": "quick"}).status_code == 200
            idle, workers._idle = workers._idle, []
            assert client.post("/advise", json={"id": "quick"}).status_code == 503
            workers._idle = idle
    finally:
        workers.close()


def _runs(process: str) -> bool:
    """Whether it still runs: one that ended stays listed as a zombie until its parent asks for it."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="children are counted in /proc")
@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("ending", "started"),
    [
        (signal.SIGKILL, "default_int_handler"),
        (signal.SIGTERM, "default_int_handler"),
        (signal.SIGINT, "default_int_handler"),
        (signal.SIGINT, "SIG_IGN"),  # as in the background of a shell
    ],
)
def test_a_server_that_gave_its_address_ends_at_a_signal_and_leaves_no_worker(
    ending: signal.Signals, started: str
) -> None:
    # A rulebook without rules is ready at once.
    start = f"""
import signal
signal.signal(signal.SIGINT, signal.{started})
from dataclasses import replace
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.page.serving import run
run(replace(load_rulebook(), rules={{}}), "", 0)
"""
    command = [sys.executable, "-c", start]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            assert server.stderr.readline().startswith("http://127.0.0.1:")
            children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii").split()
            assert len(children) >= 4
            server.send_signal(ending)
            server.wait(20)
        finally:
            server.kill()
    _wait_for(lambda: not any(_runs(child) for child in children))
