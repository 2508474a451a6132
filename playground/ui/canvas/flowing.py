"""What the wires carry: outputs for the sample that is shown while a run goes on, and in slow motion what a phase has just written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.core.spec import Layer
from playground.training.messages.slow import PhaseDone
from playground.ui.canvas.answers import Array
from playground.ui.canvas.levels import DETAILED
from playground.ui.canvas.local import LocalNames
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.feed import PreviewFeed
    from playground.ui.canvas.wire_item import WireItem


class Flow:
    """Fills the wires' pictures and lights the nodes of a step in slow motion."""

    def __init__(self, feed: PreviewFeed) -> None:
        self.feed, self.scene, self.session = feed, feed.scene, feed.session

    def show(self, values: dict[str, Array], names: LocalNames, phase: PhaseDone | None) -> None:
        """values: by name on the canvas, a batch of one; "name:output" further ones. Only wires in view are filled."""
        near = self.feed.view.zoom >= DETAILED
        seen = self.feed.view.visible() if near else None
        lit = self._light(phase, names)
        specs, mode = {node.id: node.spec for node in self.session.view.network.nodes}, theme().mode
        for wire in self.scene.wires.values():
            if seen is None or wire.target is None or not seen.intersects(wire.sceneBoundingRect()):
                if wire.value is not None:
                    wire.carried = None, mode
                    wire.show_value(None)
                continue
            if phase is not None:
                wire.carried = None, mode
                wire.show_value(*_of_phase(wire, phase, lit))
                continue
            key = wire.source.look.name
            if wire.output:
                spec = specs.get(wire.source.id)
                outputs = spec.outputs if isinstance(spec, Layer) else ()
                key = f"{key}:{outputs[wire.output]}" if wire.output < len(outputs) else ""
            value = values.get(key)
            if value is not None and wire.carried[0] is value and wire.carried[1] == mode:
                continue  # new values come less often than the canvas is drawn
            wire.carried = value, mode
            wire.show_value(None if value is None or not len(value) else value[0], wire.source.look.name)

    def _light(self, phase: PhaseDone | None, names: LocalNames) -> set[str]:
        """The nodes at work: ids."""
        found = set()
        for id, item in self.scene.nodes.items():
            samples = phase is not None and not phase.node and phase.direction == "forward" and item.look.group == "c_data"
            on = phase is not None and (names.stands_for(item.look.name, phase.node) if phase.node else samples)
            if on:
                found.add(id)
            item.show_phase(phase.direction if phase is not None and on else "")
        return found


def _of_phase(wire: WireItem, phase: PhaseDone, lit: set[str]) -> tuple[Array | None, str]:
    """What a phase put on a wire: forward an output behind it, backward a gradient before it; else nothing."""
    ends = {"forward": wire.source.id, "backward": wire.target.id if wire.target is not None else ""}
    if not phase.values or ends.get(phase.direction, "") not in lit:
        return None, ""
    title = say("output") if phase.direction == "forward" else say("gradient")
    return np.asarray(phase.values, np.float32), title
