"""The project as it was at an earlier step of the run: its plan and the numbers that were turned, as one undoable step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from playground.document import strict_json
from playground.document.edits import Edit, SetField, SetNodeOption, SetPlan, Several
from playground.document.patch import SetValues, differences
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.lowering import KnobInfo, lower
from playground.lowering.expansion import expanded
from playground.lowering.flow import flow_of
from playground.lowering.folding import local_edit
from playground.lowering.groups import weight_settings
from playground.training.messages.travel import Travelled
from playground.ui.inspector.following import followed
from playground.words import sentence

if TYPE_CHECKING:
    from playground.core.samples import Samples
    from playground.ui.session import Session

_FACTORS = (":rate_factor", ":decay_factor")


def settings_of(session: Session, event: Travelled) -> Edit | None:
    """What brings the project to the settings that hold where the run stands; None where it has them."""
    there = session.client.plan
    if there is None:
        return None
    trained, samples = there
    text = sentence("Settings of step {step}", step=f"{event.step:,}")
    found = followed(session.project, trained, trained)
    plan = SetValues(text, tuple((one.path, strict_json.encode(one.after).decode()) for one in found))
    made = plan.apply(session.project) if found else session.project
    edits = [edit for info in _knobs(made, samples) if (edit := _turned(made, info, event.knobs)) is not None]
    factors = [edit for edit in _factors(made, samples, event.knobs) if edit is not None]
    whole = Several(text, (*([plan] if found else []), *edits, *factors))
    try:
        return whole if whole.edits and differences(session.project, whole.apply(session.project)) else None
    except PlaygroundError:  # the project became another one meanwhile, which has no such places
        return None


def _knobs(project: Project, samples: Samples) -> tuple[KnobInfo, ...]:
    try:
        return lower(project, samples).knobs
    except PlaygroundError:  # the problems panel says it
        return ()


def _turned(project: Project, info: KnobInfo, knobs: dict[str, float]) -> Edit | None:
    value = knobs.get(info.name)
    if value is None or info.name.endswith(_FACTORS) or np.float32(info.value) == np.float32(value):
        return None
    shown = _shown(value)
    if info.node:
        return local_edit(project, SetField(info.node, info.path, shown))
    return SetPlan("training", info.path, shown)


def _shown(value: float) -> float:
    """What was typed, not its nearest number in single precision."""
    return float(f"{value:.7g}")


def _factors(project: Project, samples: Samples, knobs: dict[str, float]) -> Iterator[Edit | None]:
    """How fast layers train; frozen ones have no such knobs."""
    try:
        counts = {id: one.parameters for id, one in flow_of(project, samples).facts.items()}
        flat = expanded(project).project
        now = weight_settings(flat, counts)
    except PlaygroundError:  # the problems panel says it
        return
    nodes = {node.name: node for node in flat.network.nodes}
    for name, whole in now.items():
        rate, decay = knobs.get(f"{name}:rate_factor"), knobs.get(f"{name}:decay_factor")
        if rate is not None and np.float32(rate) != np.float32(whole.rate_factor):
            own = _own(rate, whole.rate_factor, nodes[name].rate_factor)
            yield local_edit(project, SetNodeOption(nodes[name].id, "rate_factor", own))
        if decay is not None and np.float32(decay) != np.float32(whole.decay_factor):
            own = _own(decay, whole.decay_factor, nodes[name].decay_factor)
            yield local_edit(project, SetNodeOption(nodes[name].id, "decay_factor", own))


def _own(value: float, whole: float, own: float) -> float:
    """A node's own factor, so that with its group's it comes to a value."""
    return _shown(value / (whole / own) if own and whole else value)
