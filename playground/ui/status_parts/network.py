"""The network in the status line, while no run speaks: whether it can be trained, and its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.training.messages import Started
from playground.ui.canvas.look import count_text
from playground.ui.status_part import Part, StatusPart
from playground.words import counted, say

if TYPE_CHECKING:
    from playground.ui.status import StatusLine


def say_network(line: StatusLine) -> list[Part]:
    """What keeps it from training, or its nodes, parameters and work."""
    state = line.session.run.state
    if state in ("starting", "failed", "dead") or (state in ("running", "paused") and line.newest(Started) is not None):
        return []
    project, found = line.session.project, line.session.inspection
    count = len(project.network.nodes)
    if not project.network.of_kind("dataset") and not project.network.of_kind("loss"):
        return [Part(say("Nothing to train yet: add data and a loss"))]
    problems = len(found.errors)
    if line.session.samples is None and not line.session.samples_error and not problems:
        first = Part(say("Reading the data"), "clock", "info")
    elif problems:
        first = Part(counted(problems, "problem", "problems"), "error", "error", True)
    else:
        first = Part(say("Ready to train"), "check", "ok")
    hints = sum(problem.severity != "error" for problem in line.session.problems)
    return [
        first,
        *([Part(counted(hints, "warning", "warnings"), "warn", "warn")] if hints else []),
        Part(counted(count, "node", "nodes")),
        Part(
            say("{total_parameters} parameters", total_parameters=f"{found.total_parameters:,}")
            if found.total_parameters
            else say("No parameters yet")
        ),
        *([Part(say("{count_text} multiply-adds", count_text=count_text(found.total_flops // 2)))] if found.total_flops else []),
    ]


PARTS = (StatusPart(id="network", say=say_network, hears=(Started,), order=20),)
