"""Slow motion inside a step."""

from __future__ import annotations

from playground.training.handlers import of_run
from playground.training.messages.slow import StepPhase
from playground.training.run import Run
from playground.training.slow import SlowStep
from playground.training.worker import Worker


@of_run(StepPhase)
def step_phase(worker: Worker, run: Run, command: StepPhase) -> bool:
    """False while the run goes on by itself, and where it has come to its end."""
    if run.slow is None:
        if run.mode == "running" or not run.may_go_on():
            return False
        run.slow = SlowStep(run)
    try:
        run.slow.advance()
    finally:
        if run.slow is not None and run.slow.done:
            run.slow = None
    return True
