"""Somebody at the screen: starts a display and the program, and uses both with a pointer and a keyboard made by xdotool."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 20.0


def require_tools() -> None:
    """Skip where there is no virtual display or no pointer; continuous integration installs both."""
    missing = [package for program, package in (("Xvfb", "xvfb"), ("xdotool", "xdotool")) if shutil.which(program) is None]
    if missing:
        pytest.skip(f"needs a display and a pointer of its own: apt-get install {' '.join(missing)}")


@contextlib.contextmanager
def display(size: str = "1600x1000x24") -> Iterator[str]:
    """A virtual display of its own; gives its name. The server picks a free number itself."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp", "-noreset"],
        pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            found = number.readline().strip()
        assert found, "Xvfb did not start"
        yield f":{found}"
    finally:
        server.terminate()
        server.wait(10)


class Person:
    """Looks through the observer, acts through xdotool, and waits for what the screen shows."""

    def __init__(self, screen: str, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.socket = folder / "look"
        self.errors = folder / "stderr.txt"
        self.environment = {
            **os.environ, "DISPLAY": screen, "QT_QPA_PLATFORM": "xcb", "PLAYGROUND_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT),
            "QT_ACCESSIBILITY": "0", "LIBGL_ALWAYS_SOFTWARE": "1", "HOME": str(folder),
        }  # fmt: skip
        self.environment.pop("WAYLAND_DISPLAY", None)
        with self.errors.open("wb") as errors:
            self.program = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", str(Path(__file__).with_name("observer.py")), str(self.socket), *arguments],
                env=self.environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
            )  # fmt: skip

    # Looking
    def ask(self, *question: Any) -> Any:
        """One question to the program."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(self.socket))
            with connection.makefile("rw") as lines:
                lines.write(json.dumps(question) + "\n")
                lines.flush()
                answer = lines.readline()
        assert answer, f"no answer; exit status {self.program.poll()}: {self.said()}"
        kind, found = json.loads(answer)
        assert kind == "seen", found
        return found

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("state")
        return found

    def until(self, what: str, look: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Look until there is something to see."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds:g} s for {what}; the program: {self._condition()}")
            if self.program.poll() is not None:
                raise AssertionError(f"waiting for {what}, the program ended: {self.said()}")
            time.sleep(0.02)
        return found

    def _condition(self) -> str:
        try:
            return json.dumps(self.state)
        except (OSError, ValueError) as error:
            return f"does not answer ({error}). {self.said()}"

    def said(self) -> str:
        """What the program wrote to the terminal."""
        return self.errors.read_text(errors="replace")

    def wait_for_window(self) -> None:
        self.until("the program", self.socket.exists, 30)
        self.until("the window", lambda: self.state["title"] and self.ask("button", "New network"))

    # Acting
    def xdotool(self, *words: object) -> None:
        subprocess.run(
            ["xdotool", *map(str, words)], env=self.environment, check=True, timeout=PATIENCE, stderr=subprocess.DEVNULL
        )

    def point(self, at: list[int]) -> None:
        """Move the pointer, and wait until the program has seen it there."""
        self.xdotool("mousemove", *at)
        self.until(f"the pointer at {at}", lambda: self.ask("pointer") == at)

    def click_at(self, at: list[int], times: int = 1) -> None:
        self.point(at)
        self.xdotool("click", "--repeat", times, "--delay", 10, 1)

    def click(self, kind: str, *name: Any, times: int = 1) -> None:
        """Find something that holds still, and click it."""
        self.click_at(self.find(kind, *name), times)

    def find(self, kind: str, *name: Any) -> list[int]:
        """A place that two looks in a row agree on."""
        seen: list[list[int] | None] = [None]

        def look() -> list[int] | None:
            before, seen[0] = seen[0], self.ask(kind, *name)
            return seen[0] if seen[0] == before else None

        found: list[int] = self.until(f"{kind} {' '.join(map(str, name))}", look)
        return found

    def drag(self, start: list[int], end: list[int], steps: int = 8) -> None:
        """Press, move in steps, let go; each step is seen by the program before the next."""
        self.point(start)
        self.xdotool("mousedown", 1)
        for k in range(1, steps + 1):
            self.point([round(a + (b - a) * k / steps) for a, b in zip(start, end, strict=True)])
        self.xdotool("mouseup", 1)

    def type(self, text: str) -> None:
        self.xdotool("type", "--delay", 4, text)

    def key(self, name: str) -> None:
        self.xdotool("key", name)

    def fill(self, name: str, text: str) -> None:
        """Replace what a field holds."""
        self.click("field", name)
        self.key("ctrl+a")
        self.type(text)
        self.until(f"{text!r} in {name}", lambda: self.ask("field_text", name) == text)

    def close(self) -> None:
        """End whatever is left."""
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait(10)
