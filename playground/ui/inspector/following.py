"""Live changes, undo and redo included: while a run goes on, its knobs follow the project, and its plan does too."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Set
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer

from playground.core.fields import Real, fields_of
from playground.core.samples import Samples
from playground.core.spec import Spec
from playground.document.groups import Settings
from playground.document.options import NODE_OPTIONS
from playground.document.patch import Difference, differences, patched
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.lowering.expansion import expanded
from playground.lowering.flow import flow_of, fresh_flow
from playground.lowering.groups import weight_settings
from playground.training.messages import ChangeRefused, Done, Replanned, Reset, Started
from playground.ui.bench import layers_of
from playground.ui.remedies import remedy_of
from playground.words import sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Data whose points are edited while the network watches.
LIVE_DATA = ("painted",)
#: The first change of a plan is asked for at once; those that follow within so many milliseconds, as while a slider moves, wait until
#: it stays as it is for that long, and are one.
SETTLE_MS = 250
#: Numbers of one knob that are remembered until the run's journal has them.
MOST_TURNED = 1000
PLAN = "training/fields/"


def knob_values(project: Project, parameters: Mapping[str, int]) -> dict[str, float]:
    """What every knob should be, by its name in the run; a frozen layer has no factors. project: with its blocks unfolded.
    parameters: counts by node id.
    """
    training = project.training
    found = {name: float(getattr(training.optimizer, name)) for name in _live(training.optimizer)}
    found |= {name: float(getattr(training, name)) for name in _live(training)}
    found |= {f"penalty:{name}": float(getattr(training.penalty, name)) for name in _live(training.penalty)}
    for node in project.network.nodes:
        if isinstance(node.spec, Spec):
            found |= {f"{node.name}.{name}": float(getattr(node.spec, name)) for name in _live(node.spec)}
    for name, weights in weight_settings(project, parameters).items():
        found |= _factors(name, weights)
    return found


def _factors(layer: str, weights: Settings) -> dict[str, float]:
    """A layer's factors by the names of their knobs."""
    if weights.frozen:
        return {}
    return {f"{layer}:rate_factor": weights.rate_factor, f"{layer}:decay_factor": weights.decay_factor}


def _live(spec: Spec) -> list[str]:
    return [name for name, field in fields_of(spec).items() if field.live and isinstance(field, Real)]


class KnobFollower(QObject):
    """Sends the knobs that differ after every change of the project, and where knobs do not suffice, another plan for the run.

    One for each session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self._sent: dict[str, float] = {}
        #: Numbers that the run was sent and whose entries in its journal were not asked about yet, each with its step of undo.
        self._turned: dict[str, list[tuple[np.float32, int]]] = {}
        #: Plans that were asked for and not yet answered, by serial number; the one that was refused last.
        self._asked: dict[int, tuple[Project, Samples | None]] = {}
        self._refused: Project | None = None
        self._counted: tuple[Project, Samples, dict[str, int]] | None = None
        #: The canvas shows another network than the run has, which was told.
        self._apart = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.settle)
        #: Runs for as long as changes follow each other.
        self._flow = QTimer(self)
        self._flow.setSingleShot(True)
        self._flow.setInterval(SETTLE_MS)
        session.project_changed.connect(self.follow)
        session.samples_changed.connect(self.follow)
        session.heard.connect(self._heard)
        session.before_command = self.settle

    def follow(self) -> None:
        """Bring the run to the project's values: knobs at once, its plan too unless it was changed just before (see `SETTLE_MS`)."""
        if not self.session.client.takes_changes:
            return
        self._tell_of_network()
        known = {**self.session.client.knobs, **self._sent}
        for name, value in self._knobs(self.session.project).items():
            if name in known and np.float32(known[name]) != np.float32(value):
                self._sent[name] = value
                turned = self._turned.setdefault(name, [])
                turned.append((np.float32(value), self.session.history.serial))
                del turned[:-MOST_TURNED]
                self.session.set_knob(name, value)
        wanted = self._wanted()
        if wanted is None:
            self._timer.stop()
        elif wanted != self._refused:
            self._timer.start(SETTLE_MS if self._flow.isActive() else 0)
            self._flow.start()

    def _tell_of_network(self) -> None:
        """Once, when layers or wires are changed that the run keeps as they were."""
        before, self._apart = self._apart, False
        trained = self.session.run_project
        if trained is None or self.session.client.state not in ("running", "paused"):
            return
        self._apart = layers_of(expanded(trained).project) != layers_of(expanded(self.session.project).project)
        if self._apart and not before:
            text = sentence("The run goes on with the network as it was. Press Stop, then Train, to train the one that is shown.")
            self.session.message.emit(text, "info")

    def gesture_of(self, name: str, value: float) -> int | None:
        """The step of undo that a number which the run took over belongs to; None for one that was not sent, or was asked about before.

        To be asked in the order of the run's journal, which may leave numbers out.
        """
        turned = self._turned.get(name, [])
        for at, (sent, serial) in enumerate(turned):
            if sent == np.float32(value):
                del turned[: at + 1]
                return serial
        return None

    def forget(self) -> None:
        """The run has other knobs than those that it was sent."""
        self._sent.clear()

    def settle(self) -> None:
        """Ask for the plan that is wanted now, rather than in a moment."""
        self._timer.stop()
        if not self.session.client.takes_changes:
            return
        wanted = self._wanted()
        if wanted is None or wanted == self._refused:
            return
        if self.session.loading:
            return  # the data that it is to learn from is still being read; `follow` comes again with it
        sources = [project.network.of_kind("dataset") for project in (wanted, self.session.project)]
        samples = self.session.samples if [node.spec for node in sources[0]] == [node.spec for node in sources[1]] else None
        try:
            serial = self.session.client.change(wanted, samples)
        except PlaygroundError as error:
            self._refused = wanted
            self.session.message.emit(str(error), "error")
            self.session.offered.emit((sentence("Stop the run"), self.session.stop))
            return
        if serial:
            self._asked[serial] = wanted, samples

    def _knobs(self, project: Project) -> dict[str, float]:
        counts = {id: found.parameters for id, found in flow_of(project, self.session.samples).facts.items()}
        return knob_values(expanded(project).project, counts)

    def _counts(self, trained: Project, samples: Samples) -> dict[str, int]:
        """Parameters of the run's layers, by id. How they train changes none, and a slider asks again with every number."""
        known = self._counted
        if known is None or known[0] is not trained or known[1] is not samples:
            found = fresh_flow(trained, samples).facts
            self._counted = known = trained, samples, {id: one.parameters for id, one in found.items()}
        return known[2]

    def _wanted(self) -> Project | None:
        """The project that the run should have, or None where its knobs suffice."""
        trained, samples = next(reversed(self._asked.values()), (self.session.run_project, None))
        if trained is None:
            return None
        knobs = self.session.client.knobs
        found = followed(trained, self.session.project, trained)
        found = [one for one in found if not (live := _live_settings(one.path, trained)) or not live <= knobs.keys()]
        of_layers = [one for one in found if _how_layers_train(one.path)]
        needs = any(_needs_plan(one, knobs) for one in found if one not in of_layers)
        if not needs and not of_layers:
            return None
        wanted = patched(trained, {one.path: one.after for one in found})
        samples = samples or self.session.run_samples
        if not needs and of_layers and samples is not None:
            before, after = (weight_settings(expanded(one).project, self._counts(trained, samples)) for one in (trained, wanted))
            needs = _train_otherwise(before, after, knobs)
        return wanted if needs else None

    def _heard(self, event: object) -> None:
        if isinstance(event, Done):
            self._asked.pop(event.serial, None)  # another plan took its place before it was ready
        elif isinstance(event, Replanned):
            project, samples = self._asked.pop(event.change, (self.session.run_project, None))
            self.session.run_project, self.session.run_samples = project, samples or self.session.run_samples
            self._refused = None
            self._sent.clear()
            self.follow()
        elif isinstance(event, ChangeRefused):
            self._refused, _ = self._asked.pop(event.change, (None, None))
            self.session.message.emit(event.text, "error")
            self.session.offered.emit(remedy_of(event, self.session))
        elif isinstance(event, Reset):
            if self.session.run_project is not None and self.session.run_samples is not None:
                self.session.run_root = (self.session.run_project, self.session.run_samples)
            self._sent.clear()
            self.follow()
        elif isinstance(event, Started):
            self._asked.clear()
            self._sent.clear()
            self._refused = None
            self.follow()


def _needs_plan(one: Difference, knobs: Container[str]) -> bool:
    """Whether no knob of the run is this setting, which is none of how layers train."""
    if not one.path.startswith(PLAN):
        return True
    head, _, last = one.path.removeprefix(PLAN).rpartition("/")
    return (f"penalty:{last}" if head == "penalty/fields" else last) not in knobs


def _train_otherwise(before: Mapping[str, Settings], after: Mapping[str, Settings], knobs: Container[str]) -> bool:
    """Whether a layer is frozen or thawed, or has another factor that is no knob of the run, as in a network of very many layers.

    before, after: how the layers train, by their names in the run.
    """
    for name, weights in after.items():
        was = before.get(name, weights)
        if weights.frozen != was.frozen:
            return True
        changed = _factors(name, weights).items() - _factors(name, was).items()
        if any(knob not in knobs for knob, _ in changed):
            return True
    return False


def followed(before: Project, after: Project, trained: Project) -> list[Difference]:
    """What differs between two projects that a run may follow, see `may_follow`: of layers that only one of them has, nothing."""
    found: list[Difference] = []
    new = {node.id for node in after.network.nodes} - {node.id for node in before.network.nodes}
    for one in differences(before, after):
        if one.path.startswith("groups"):
            kept = _without(one.after, new)
            found += [dataclasses.replace(one, after=kept)] * (kept != one.before)
        elif may_follow(one, trained):
            found.append(one)
        elif one.path.endswith("network/nodes"):  # as a whole, where there are other nodes
            there = {node["id"]: node for node in one.after}
            both = [(node, there[node["id"]]) for node in one.before if node["id"] in there]
            options = [(now, then, option) for now, then in both for option in NODE_OPTIONS if now[option] != then[option]]
            found += [Difference(f"{one.path}/{now['id']}/{option}", now[option], then[option]) for now, then, option in options]
    return found


def _without(value: Any, ids: Set[str]) -> Any:
    """What is said of groups, strict JSON, without some nodes that were put into them."""
    if isinstance(value, dict):
        return {name: _without(part, ids) for name, part in value.items()}
    return (
        [_without(part, ids) for part in value if not isinstance(part, str) or part not in ids]
        if isinstance(value, list)
        else value
    )


def may_follow(one: Difference, trained: Project) -> bool:
    """Whether a run follows this as it goes on: its plan, how layers train, live settings of layers, and points that are painted.

    trained: its project.
    """
    data = (f"network/nodes/{node.id}/spec/" for node in trained.network.of_kind("dataset") if node.spec.id in LIVE_DATA)
    return _may_change(one) or one.path.startswith(tuple(data)) or bool(_live_settings(one.path, trained))


def _live_settings(path: str, project: Project) -> set[str]:
    """The knobs that a place in a layer is: one, or one for each use of the block that the layer stands in; none for any other place.

    A layer may have no such knob where the number is 0: a block of a Transformer without dropout draws no random numbers, and gets
    some with another plan.
    """
    head, _, field = path.rpartition("/spec/fields/")
    flat, (where, _, id) = expanded(project), head.rpartition("/network/nodes/")
    uses = [use for use, block in flat.blocks.items() if where == f"blocks/{block}"]
    ids = {f"{use}/{id}" for use in uses} if where else {head.removeprefix("network/nodes/")}
    layers = [node for node in flat.project.network.of_kind("layer") if node.id in ids]
    return {f"{node.name}.{field}" for node in layers if isinstance(node.spec, Spec) and field in _live(node.spec)}


def _may_change(one: Difference) -> bool:
    """Whether a run may take this over as it goes on: the training plan but for the seed, and how layers train."""
    if one.path.startswith(PLAN):
        return one.path != f"{PLAN}seed"
    return _how_layers_train(one.path)


def _how_layers_train(path: str) -> bool:
    """Whether a place says which layers are frozen, and their factors."""
    return path.startswith("groups") or path.rpartition("/")[2] in NODE_OPTIONS


def follow_knobs(session: Session) -> KnobFollower:
    """The session's follower, made on first use."""
    return session.findChild(KnobFollower) or KnobFollower(session)
