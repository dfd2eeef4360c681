"""Guard the connections of the server: none stays open forever, and every answer has the given headers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


def bounded_protocol(headers: Mapping[str, str], seconds: float) -> type[H11Protocol]:
    """HTTP as uvicorn speaks it, but for two things that uvicorn leaves open.

    A connection is ended where a request has not come whole up to its body, or an answer has not been fetched, after
    so many ``seconds``; and the refusal of what is no HTTP carries the ``headers`` too.
    """

    class Bounded(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is None or self.cycle.response_complete:
                self._wait()
            elif not self.transport.get_write_buffer_size():
                self._wait_no_more()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.transport.get_write_buffer_size():
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._wait_no_more()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            import h11  # noqa: PLC0415 - as uvicorn does

            kind = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
            given = [(name.encode(), value.encode()) for name, value in {**kind, **headers}.items()]
            events: list[Any] = [h11.Response(status_code=400, headers=given, reason=b"Bad Request")]
            events += [h11.Data(data=msg.encode()), h11.EndOfMessage()]
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
            self.transport.close()
            self._wait()

        def _wait(self) -> None:
            # What drips byte by byte does not move the end.
            if self._waiting is None:
                self._waiting = self.loop.call_later(seconds, self._end)

        def _wait_no_more(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _end(self) -> None:
            self._waiting = None
            answering = self.cycle is not None and not self.cycle.response_complete
            if self.transport.get_write_buffer_size() or not answering:
                self.transport.abort()

    return Bounded
