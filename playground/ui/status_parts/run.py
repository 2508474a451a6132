"""The run in the status line: its state, how far it is and how fast, and what it takes of the machine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from playground.training.messages import Compiling, Progress, Replanned, Started
from playground.ui.status_part import Part, StatusPart, bytes_text, duration_text
from playground.words import counted, meant, percent, say

if TYPE_CHECKING:
    from playground.ui.status import StatusLine


def say_run(line: StatusLine) -> list[Part]:
    """Where it stands, while there is one, and how it ended."""
    state, started = line.session.run.state, line.session.client.started
    if state == "starting":
        return [Part(*_starting(line), "info", True)]
    if state in ("running", "paused") and started is not None:
        return _going(line, state, started)
    if state in ("failed", "dead"):
        return [Part(say(line.session.client.text) or say("The run ended."), "error", "error", True)]
    if state == "finished":
        return [
            Part(
                say(line.session.client.text) or say("Finished at step {step}", step=f"{line.session.client.step:,}"),
                "check",
                "ok",
                True,
            )
        ]
    return []


def _starting(line: StatusLine) -> tuple[str, str]:
    found = line.newest(Compiling)
    if found is not None and found.total:
        return say("Compiling {done} of {total}, once on this machine", done=found.done, total=found.total), "clock"
    return say("Starting"), "clock"


def _going(line: StatusLine, state: str, started: Started) -> list[Part]:
    step = line.session.client.step
    progress, total = line.newest(Progress), max(started.total_steps, 1)
    goes = state == "running"
    parts = [Part(say(meant("Training", "a run goes on")) if goes else say("Paused"), "dot", "ok" if goes else "warn", True)]
    parts += [
        Part(say("Step {step} of {total}", step=f"{step:,}", total=f"{total:,}")),
        Part(percent(f"{100 * step / total:.0f}"), progress=step / total),
    ]
    if progress is not None and state == "running" and progress.steps_per_second > 0:
        if math.isfinite(progress.seconds_left):
            parts.append(Part(say("{duration_text} left", duration_text=duration_text(progress.seconds_left))))
        parts.append(Part(say("{steps_per_second} steps/s", steps_per_second=f"{progress.steps_per_second:,.0f}")))
    return parts


def say_machine(line: StatusLine) -> list[Part]:
    """Threads while it runs, and memory."""
    state, started, progress = line.session.run.state, line.session.client.started, line.newest(Progress)
    parts = []
    if progress is not None and state == "running":
        parts.append(Part(counted(progress.threads, "core", "cores")))
    if started is not None and state != "idle":
        parts.append(Part(bytes_text(started.arena_bytes)))
    return parts


PARTS = (
    StatusPart(id="run", say=say_run, hears=(Started, Replanned, Compiling, Progress), order=10),
    StatusPart(id="machine", say=say_machine, hears=(Started, Replanned, Progress), side="right", order=90),
)
