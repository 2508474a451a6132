"""How nodes fare while a run goes on: a word for each from its gradients and outputs, and what it costs of a step's time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TypeVar

from playground.engine import ops
from playground.engine.graph import Graph
from playground.training.messages.analysis import LayerCost, LayersTimed
from playground.ui.canvas.local import LocalNames
from playground.ui.panels.health import Health
from playground.words import percent as said_percent
from playground.words import say

T = TypeVar("T")

#: Share of a step from which on a node says it.
LEAST = 0.01
#: From bad to good.
ORDER = ("error", "warn", "info", "text3", "ok")


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds of a training step that are spent on a node, by direction, and of the whole step.

    estimated: not seconds but multiply-adds, before anything was measured.
    """

    forward: float
    backward: float
    update: float
    step: float
    estimated: bool = False

    @property
    def seconds(self) -> float:
        return self.forward + self.backward + self.update

    @property
    def share(self) -> float:
        """Of the step, 0 to 1."""
        return self.seconds / self.step if self.step > 0 else 0.0

    @property
    def words(self) -> str:
        """For a tool tip."""
        if self.estimated:
            return say("about {share} of a step, estimated by its arithmetic", share=percent(self.share))
        return say(
            "{share} of a step: forward {forward}, backward {backward}, update {update}", share=percent(self.share),
            forward=duration(self.forward), backward=duration(self.backward), update=duration(self.update),
        )  # fmt: skip

    @property
    def short(self) -> str:
        """For the node itself: "62 %", "≈ 62 %" where it is estimated; "" for what takes next to nothing."""
        if self.share < LEAST:
            return ""
        return f"≈ {percent(self.share)}" if self.estimated else percent(self.share)


def percent(share: float) -> str:
    """Without figures that say nothing: 34 %, 3.1 %, 0.2 %."""
    return said_percent(f"{100 * share:.0f}" if share >= 0.095 else f"{100 * share:.1f}")


def duration(seconds: float) -> str:
    """Two figures: 38 µs, 1.2 ms, 0.4 s."""
    for limit, unit, scale in ((9.95e-4, "µs", 1e6), (0.995, "ms", 1e3)):
        if seconds < limit:
            value = seconds * scale
            return f"{value:.0f} {unit}" if value >= 9.95 or value == 0 else f"{value:.1f} {unit}"
    return f"{seconds:.1f} s"


def worst(layers: Iterable[Health], stuck: Iterable[Health], names: LocalNames, shown: Iterable[str]) -> dict[str, Health]:
    """Node on the canvas -> how it fares; a block as the worst of what is inside it.

    layers: by their names in the run.  stuck: activations, by their names on the canvas.
    """
    by_run = {one.layer: one for one in layers}
    local = {one.layer: one for one in stuck}
    kept: dict[str, Health] = {}
    for name in shown:
        mine = _own(by_run, name, names) + ([local[name]] if name in local else [])
        if mine:
            kept[name] = min(mine, key=lambda one: ORDER.index(one.token) if one.token in ORDER else len(ORDER))
    return kept


def _own(by_run: Mapping[str, T], name: str, names: LocalNames) -> list[T]:
    """What is known of a node, and of those inside it where it is a block."""
    found = [by_run[names.prefix + name]] if names.prefix + name in by_run else []
    return found + [one for key, one in by_run.items() if name in names.blocks and names.stands_for(name, key)]


def costs(timed: LayersTimed | None, names: LocalNames, shown: Iterable[str]) -> dict[str, Cost]:
    """Node on the canvas -> its time; a block's is that of all inside it."""
    if timed is None:
        return {}
    by_run = {one.node: one for one in timed.layers if one.node}
    found: dict[str, Cost] = {}
    for name in shown:
        mine: list[LayerCost] = _own(by_run, name, names)
        if mine:
            sums = (sum(one.forward for one in mine), sum(one.backward for one in mine), sum(one.update for one in mine))
            found[name] = Cost(*sums, timed.step_seconds)
    return found


def estimates(graph: Graph | None, names: LocalNames, shown: Iterable[str]) -> dict[str, Cost]:
    """Node on the canvas -> its part of a step's arithmetic, before anything was measured.

    The way back of an op takes about as much as the way forward for each of the two things it finds: the gradient of its input, and
    that of its weights (Hobbhahn and Sevilla, What's the backward-forward FLOP ratio for neural networks?, 2021).
    """
    if graph is None:
        return {}
    weights, known, by_run = {p.value for p in graph.parameters}, {graph.input, *graph.columns}, dict[str, tuple[float, float]]()
    for node in graph.nodes:
        rule = ops.find(node.op)
        ahead = float(rule.cost(graph.types(node), graph.values[node.output].type, node.attributes))
        back = ahead * (any(i not in known and i not in weights for i in node.inputs) + any(i in weights for i in node.inputs))
        one = by_run.get(node.owner, (0.0, 0.0))
        by_run[node.owner] = one[0] + ahead, one[1] + back
    whole = sum(ahead + back for ahead, back in by_run.values())
    found: dict[str, Cost] = {}
    for name in shown:
        mine = _own(by_run, name, names)
        if mine and whole > 0:
            found[name] = Cost(sum(ahead for ahead, _ in mine), sum(back for _, back in mine), 0.0, whole, estimated=True)
    return found


def alarm(health: Health | None) -> tuple[str, str]:
    """The colour of a node's edge, "" for none, and the words of its tool tip."""
    if health is None or health.token in ("ok", "text3"):
        return "", ""
    return (health.token if health.token in ("warn", "error") else ""), health.state
