"""What a command says: sentences and tables for people, one strict JSON object a line for machines. Progress goes to stderr."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from playground import words

if TYPE_CHECKING:
    from rich.progress import Progress


#: Set by the window for its own processes: sentences are then objects that it can say in its language.
SENTENCES = "PLAYGROUND_SENTENCES"


class Output:
    """json_lines: nothing but JSON objects on stdout."""

    def __init__(self, *, json_lines: bool) -> None:
        self.json_lines = json_lines
        # A program that was started with a closed stderr has none.
        self.terminal = sys.stderr is not None and sys.stderr.isatty() and not json_lines

    def hush(self) -> None:
        """Nobody reads stdout any more, as after `| head`, or its disk is full: what is said from now on goes nowhere."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def event(self, name: str, /, **fields: Any) -> None:
        """A line for machines; people see what `say` prints instead. Numbers that are not finite become null."""
        if self.json_lines:
            print(json.dumps({"event": name, **strict(fields)}, allow_nan=False), flush=True)

    def line(self, **fields: Any) -> None:
        """A line for machines without an event's name."""
        if self.json_lines:
            print(json.dumps(strict(fields), allow_nan=False), flush=True)

    def say(self, text: str = "") -> None:
        """A line for people."""
        if not self.json_lines:
            print(text, flush=True)

    def complain(self, text: str) -> None:
        """A line for people on stderr."""
        if not self.json_lines and sys.stderr is not None:
            print(text, file=sys.stderr, flush=True)

    def error(self, text: str) -> None:
        """What went wrong."""
        self.event("error", text=text)
        self.complain(text)

    def warn(self, text: str) -> None:
        """What is amiss but hinders nothing."""
        self.event("warning", text=text)
        self.complain(text)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns for people; the first is flush left, numbers flush right."""
        widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
        for row in (header, *rows):
            cells = [
                f"{cell:<{width}}" if i == 0 else f"{cell:>{width}}"
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.say("  ".join(cells).rstrip())

    @contextlib.contextmanager
    def progress(self) -> Iterator[Bar]:
        """A live line on a terminal; nothing elsewhere."""
        if not self.terminal:
            yield Bar(None)
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=10) as live:
            yield Bar(live)


class Bar:
    """One live line at a time."""

    def __init__(self, live: Progress | None) -> None:
        self._live = live
        self._task: Any = None
        self._title = ""

    def show(self, title: str, done: int, total: int, note: str = "") -> None:
        """Say how far a thing called title is; a new title starts anew."""
        if self._live is None:
            return
        if title != self._title:
            if self._task is not None:
                self._live.remove_task(self._task)
            self._title, self._task = title, self._live.add_task(title, total=total, note=note)
        self._live.update(self._task, completed=done, total=total, note=note)

    def print(self, text: str) -> None:
        """A line above the live one."""
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False)


def strict(value: Any) -> Any:
    """The value as strict JSON: numbers that are not finite become null, keys words, NumPy's numbers Python's."""
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): strict(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [strict(one) for one in value]
    if isinstance(value, words.Sentence) and os.environ.get(SENTENCES):
        return words.packed(value)
    return value if isinstance(value, str | int | bool) or value is None else str(value)
