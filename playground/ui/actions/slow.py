"""Slow motion inside a training step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.actions.base import Action, can_train
from playground.ui.slow_motion import SPEEDS, SlowMotion
from playground.words import sentence

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


_SUB = sentence("Slow motion")


def _slow(window: MainWindow) -> SlowMotion:
    return window.canvas.feed.slow


def _toggle(window: MainWindow) -> None:
    _slow(window).stop() if _slow(window).on else _slow(window).start()


def _speed(phases: int) -> Action:
    return Action(
        id=f"slow_{phases}",
        text=sentence("Slow motion at {count} phases a second", count=phases)
        if phases != 1
        else sentence("Slow motion at one phase a second"),
        run=lambda w: _slow(w).set_speed(phases),
        menu="Train",
        sub=_SUB,
        group=6,
        order=9,
        checked=lambda w: _slow(w).speed == phases,
    )


ACTIONS = (
    Action(id="step_into", text="Step into: one node forward, backward or its update", run=lambda w: _slow(w).step(), shortcut="F11",
           icon="step", menu="Train", group=6, order=9, enabled=can_train),
    Action(id="slow_motion", text="Slow motion inside a step", run=_toggle, shortcut="Ctrl+F11", menu="Train", sub=_SUB,
           group=6, order=9, enabled=can_train, checked=lambda w: _slow(w).on),
    *(_speed(phases) for phases in SPEEDS),
)  # fmt: skip
