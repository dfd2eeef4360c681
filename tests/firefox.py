"""Drive a real Firefox by WebDriver BiDi, which it speaks itself, so that no driver program is needed."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any, Literal

import pytest

LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
SECONDS = 60.0


class Firefox:
    """One tab of a Firefox without a window; what it complains of is kept."""

    def __init__(self, program: str, profile: Path, width: int, height: int) -> None:
        sync = pytest.importorskip("websockets.sync.client", reason="websockets is not installed")
        self.complaints: list[str] = []
        command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
        found = profile / "said.txt"
        with found.open("w") as errors:
            self._process = subprocess.Popen(command, stderr=errors, stdout=subprocess.DEVNULL)
        end = time.monotonic() + SECONDS
        while not (match := LISTENS.search(found.read_text())):
            if self._process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"Firefox does not listen: {found.read_text()}")
            time.sleep(0.1)
        self._socket, self._number = sync.connect(f"{match[1]}/session", max_size=None), 0
        self.ask("session.new", {"capabilities": {}})
        self.ask("session.subscribe", {"events": ["log.entryAdded"]})
        # The window that Firefox starts with never has the focus, so that no page hears of it; a further one has.
        self.tab = self.ask("browsingContext.create", {"type": "window"})["context"]
        size = {"width": width, "height": height}
        self.ask("browsingContext.setViewport", {"context": self.tab, "viewport": size})

    def ask(self, method: str, parameters: dict[str, Any]) -> Any:
        """The result of one command; a refusal is a failure."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=SECONDS))
            if answer.get("method") == "log.entryAdded":
                self.complaints.append(str(answer["params"].get("text")))
            elif answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def open(self, address: str) -> None:
        """Go to an address and wait until it is loaded."""
        self.ask("browsingContext.navigate", {"context": self.tab, "url": address, "wait": "complete"})

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, by way of JSON; a promise is waited for."""
        code = f"Promise.resolve({expression}).then(JSON.stringify)"
        target = {"context": self.tab}
        found = self.ask("script.evaluate", {"expression": code, "target": target, "awaitPromise": True})
        assert found["type"] == "success", found
        value = found["result"].get("value")
        return None if value is None else json.loads(value)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as on a keyboard."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask(
            "input.performActions",
            {"context": self.tab, "actions": [{"type": "key", "id": "keys", "actions": actions}]},
        )

    def point_at(self, selector: str, *, by: Literal["mouse", "touch"]) -> None:
        """Move the mouse over the first element of a selector, or tap it."""
        middle = "(({left, width, top, height}) => [left + width / 2, top + height / 2])"
        find = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"{find}.scrollIntoView({{block: 'center'}})")
        x, y = map(round, self.evaluate(f"{middle}({find}.getBoundingClientRect())"))
        tap = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}] if by == "touch" else []
        moved = [{"type": "pointerMove", "x": x, "y": y}, *tap]
        source = {"type": "pointer", "id": by, "parameters": {"pointerType": by}, "actions": moved}
        self.ask("input.performActions", {"context": self.tab, "actions": [source]})

    def close(self) -> None:
        """End the browser."""
        self._socket.close()
        self._process.terminate()
        self._process.wait(timeout=SECONDS)
