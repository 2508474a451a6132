"""Copies of the run at earlier steps, to go back to."""

from __future__ import annotations

from playground.engine.registers import KNOB_COUNT
from playground.training.areas import Area, register
from playground.training.snapshots import SnapshotRing, room

SNAPSHOTS = register(
    Area("snapshots", 0, lambda plan: room(plan.state_bytes + 4 * KNOB_COUNT), lambda plan, area, words: SnapshotRing(area))
)
