"""The main job with a real pointer on a real X server: drag three layers from the palette, wire them, train."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.pointer,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"),
]
PATIENCE_S = 60.0


class Screen:
    """A pointer on an X server, and the program that is under it."""

    def __init__(self, display: str, home: Path, cache: str) -> None:
        self.environment = {
            **os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "PLAYGROUND_HOME": str(home), "PLAYGROUND_CACHE": cache,
        }  # fmt: skip
        script = Path(__file__).with_name("pointer_app.py")
        self.program = subprocess.Popen(
            [sys.executable, str(script)], env={**self.environment, "PYTHONPATH": str(script.parents[2])}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.program.stdout is not None
        assert json.loads(self.program.stdout.readline()) == "ready"

    def ask(self, words: str) -> Any:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(words + "\n")
        self.program.stdin.flush()
        line = self.program.stdout.readline()
        assert line, self.program.stderr.read() if self.program.stderr else ""
        return json.loads(line)

    def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE_S
        while True:
            state: dict[str, Any] = self.ask("state")
            if condition(state):
                return state
            assert time.monotonic() < end, state
            time.sleep(0.1)

    def xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=30)

    def drag(self, start: list[int], end: list[int]) -> None:
        """Press, go there in steps, as a hand does, and let go."""
        self.xdotool("mousemove", *map(str, start), "mousedown", "1")
        for share in (0.1, 0.4, 0.7, 1.0):
            at = [round(a + (b - a) * share) for a, b in zip(start, end, strict=True)]
            self.xdotool("mousemove", *map(str, at))
            time.sleep(0.06)
        self.xdotool("mouseup", "1")
        time.sleep(0.15)

    def click(self, at: list[int]) -> None:
        self.xdotool("mousemove", *map(str, at), "click", "1")
        time.sleep(0.15)

    def close(self) -> str:
        _, error = self.program.communicate("close\n", timeout=60)
        return error


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    from playground.paths import cache_dir

    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1440x900x24", "-nolisten", "tcp"], pass_fds=(write,), stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        display = f":{pipe.readline().strip()}"
    made = Screen(display, tmp_path / "home", str(cache_dir()))
    try:
        yield made
    finally:
        if made.program.poll() is None:
            made.program.kill()
        made.program.wait(30)
        for stream in (made.program.stdin, made.program.stdout, made.program.stderr):
            if stream is not None:
                stream.close()
        server.terminate()
        server.wait(30)


def test_drag_wire_and_train(screen: Screen) -> None:
    for title, x, y in (("Iris", 80, 160), ("Dense", 300, 160), ("Cross-entropy", 520, 160)):
        screen.drag(screen.ask(f"row {title}"), screen.ask(f"canvas {x} {y}"))
        screen.click(screen.ask("canvas 300 420"))
    names = screen.until(lambda state: len(state["nodes"]) == 3)["nodes"]
    assert names == ["data", "dense1", "loss"]
    screen.drag(screen.ask("port data out 0"), screen.ask("port dense1 in 0"))
    screen.drag(screen.ask("port dense1 out 0"), screen.ask("port loss in 0"))
    state = screen.until(lambda state: len(state["links"]) == 2)
    assert state["links"] == [["data", "dense1"], ["dense1", "loss"]]
    screen.until(lambda state: bool(state["problems"]))  # 64 outputs for 3 classes: the mend is in the Problems panel
    screen.xdotool("key", "ctrl+z")
    screen.until(lambda state: len(state["links"]) == 1)
    screen.xdotool("key", "ctrl+shift+z")
    screen.until(lambda state: len(state["links"]) == 2)
    error = screen.close()
    assert screen.program.returncode == 0
    assert "Traceback" not in error, error


def test_a_ready_network_trains_by_one_click(screen: Screen) -> None:
    """The second card of the empty canvas, then Train."""
    screen.ask("state")
    screen.click(screen.ask("starter 1"))
    screen.until(lambda state: state["ready"])
    screen.click(screen.ask("button train"))
    state = screen.until(lambda state: state["run"] == "finished")
    assert state["step"] > 0
    assert state["layout"] == "train"
    # closing would ask about the trained weights: `test_journey` does that
