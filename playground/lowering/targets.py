"""What of the data a loss is compared with, by itself or by wire, and whether it may be: the kind of target, its range, its scaling."""

from __future__ import annotations

import dataclasses

import numpy as np

from playground.core.samples import NO_CLASS, Samples
from playground.core.spec import Dataset, Loss
from playground.core.tensor import TensorType
from playground.document.edits import RemoveLinks, ReplaceSpec, SetPlan
from playground.document.problems import Mend, Problem
from playground.document.project import Link, Node, Project
from playground.document.wiring import output_names, port_title
from playground.lowering.flow import Flow
from playground.lowering.mends import made
from playground.lowering.passing import Origin, origin, places
from playground.words import joined, sentence

#: Targets that mean something only as they are.
UNSCALED = {"binary": sentence("targets of 0 and 1"), "distribution": sentence("shares"), "class": sentence("classes")}
#: How far the shares of a distribution may be from a sum of 1.
ROUNDING = 1e-3


@dataclasses.dataclass(frozen=True)
class Target:
    """The data's targets as they come to a loss.

    wire: the one at its target port, None where it reads them by itself.  passed: whether layers lie between, so that it gets the
    numbers and not the data's own target.  values: what comes. Shapes: (n, ...).  there: which of the numbers are of steps that are
    there, as values; None for all.
    """

    values: np.ndarray
    wire: Link | None = None
    passed: bool = False
    there: np.ndarray | None = None


def own_target(samples: Samples) -> Target:
    """What a loss reads whose target is not wired."""
    shape = samples.target_shape
    return Target(samples.y, there=_there(samples, np.arange(np.prod(shape, dtype=int)).reshape(shape)))


def data_target(flow: Flow, node: Node, samples: Samples) -> Target | None:
    """What a loss reads of the data's targets; None where something else is wired, or what is wired has no shape yet."""
    wire = next((link for link in flow.into[node.id] if link.port == 1), None)
    if wire is None:
        return own_target(samples)
    found = wired_from(flow, wire, "targets")
    if found is None:
        return None
    if not found.layers:
        return dataclasses.replace(own_target(samples), wire=wire)
    taken = places(flow, found)
    rows = samples.y.reshape(len(samples.y), np.prod(samples.target_shape, dtype=int))
    return Target(rows[:, taken.reshape(-1)].reshape(len(rows), *taken.shape), wire, True, _there(samples, taken))


def wired_from(flow: Flow, wire: Link, output: str) -> Origin | None:
    """Where an output of the data is wired on as it is; None where a wire brings something else, or has no type yet."""
    if flow.type_of(wire) is None:
        return None
    found = origin(flow, wire)
    data = isinstance(found.maker.spec, Dataset) and output_names(found.maker.spec)[found.wires[0].output] == output
    return found if data and not found.altered else None


def _there(samples: Samples, taken: np.ndarray) -> np.ndarray | None:
    """Which numbers are of steps that are there. taken: places among one sample's target. Shapes: (...) -> (n, ...)."""
    y = samples.y
    return step_is_there(samples, y, taken) if y.ndim >= (2 if samples.per_step else 3) and samples.aligned else None


def step_is_there(samples: Samples, values: np.ndarray, taken: np.ndarray) -> np.ndarray | None:
    """Which of some numbers are of steps that are there; None where all are. taken: places among those of one sample.

    Shapes: values (n, steps, ...), taken (...) -> (n, ...).
    """
    lengths = samples.lengths
    if lengths is None or lengths.shape != values.shape[:1]:
        return None
    step = taken // np.prod(values.shape[2:], dtype=int)
    return np.asarray(step < lengths.reshape(-1, *[1] * step.ndim))


def scaling_problem(project: Project, samples: Samples, node: Node, loss: Loss) -> Problem | None:
    """Targets that the data plan scales and that mean something only as they are."""
    if loss.target not in UNSCALED or samples.task != "regression" or not project.data.scale_targets:
        return None
    return Problem(
        text=sentence(
            "{node} needs {unscaled} as they are, and the data plan scales targets.",
            node=node.name,
            unscaled=UNSCALED[loss.target],
        ),
        node=node.id,
        mends=(Mend(text=sentence("Leave targets unscaled"), edits=(SetPlan("data", "scale_targets", False),)),),
    )


def task_problem(samples: Samples, target: Target, node: Node, loss: Loss, prediction: TensorType | None) -> Problem | None:
    """A loss for another kind of target than the data has."""
    why, use = _misfit(samples, target, loss, prediction)
    if not why:
        return None
    better = made("loss", use)
    text, edits = sentence("Use {better}", better=sentence(better.title).lower()), (ReplaceSpec(node.id, better),)
    if target.wire is not None and target.passed and samples.classes:  # a loss of classes reads them by itself
        cut = cut_target(node, target.wire)
        return Problem(
            text=sentence("{node} {why}.", node=node.name, why=why),
            node=node.id,
            mends=(Mend(text=joined((cut.text, text), " · "), edits=(*cut.edits, *edits)),),
        )
    return Problem(text=sentence("{node} {why}.", node=node.name, why=why), node=node.id, mends=(Mend(text=text, edits=edits),))


def _misfit(samples: Samples, target: Target, loss: Loss, prediction: TensorType | None) -> tuple[str, str]:
    """Why the data's targets cannot be this loss's, and a loss that suits them; ("", "") where they can."""
    if samples.task != "classification":
        if loss.target == "class" and not target.passed:
            return sentence("needs classes, and the data has values"), "mean_squared_error"
        return unfit_numbers(target, loss), "mean_squared_error"
    if loss.target == "binary" and samples.per_step and not target.passed:
        return sentence("answers yes or no, and the data has a class for every step"), "cross_entropy"
    if loss.target == "binary" and samples.classes != 2:
        return sentence("answers yes or no, and the data has {classes} classes", classes=samples.classes), "cross_entropy"
    if target.passed:  # the numbers of the classes, laid out as somebody wants them: even a loss of values may compare these
        return _unfit_targets(target, loss), "cross_entropy"
    if loss.target in ("values", "distribution"):
        lone = samples.classes == 2 and prediction is not None and prediction.shape == (1,)
        what = sentence("values") if loss.target == "values" else sentence("distributions")
        use = "binary_cross_entropy" if lone else "cross_entropy"
        return sentence("compares {what}, and the data has classes", what=what), use
    return "", ""


def _whole(target: Target) -> bool:
    """Whether values may be numbers of classes: of one task among several, say, which came as a column of numbers."""
    return bool((target.values == np.floor(target.values)).all() and (target.values >= NO_CLASS).all())


def unfit_numbers(target: Target, loss: Loss) -> str:
    """Why numbers by wire cannot be this loss's targets, "" where they can."""
    if loss.target == "class":
        return "" if _whole(target) else sentence("needs classes, and the data has values")
    return _unfit_targets(target, loss)


def _unfit_targets(target: Target, loss: Loss) -> str:
    """Why values cannot be this loss's targets, "" where they can. Steps that are absent are not judged."""
    y = target.values if target.there is None else target.values[target.there]
    if not y.size or loss.target not in ("binary", "distribution"):
        return ""
    low, high = float(y.min()), float(y.max())
    if loss.target == "binary" and loss.expects == "margin":
        if np.isin(y, (0, 1)).all() or np.isin(y, (-1, 1)).all():
            return ""
        said = {"low": f"{low:.4g}", "high": f"{high:.4g}"}
        return sentence("needs targets of -1 and 1, or 0 and 1, and the data's lie in {low} to {high}", **said)
    if loss.target == "binary" and (low < 0 or high > 1):
        return sentence("needs targets of 0 and 1, and the data's lie in {low} to {high}", low=f"{low:.4g}", high=f"{high:.4g}")
    return _unfit_shares(target, low) if loss.target == "distribution" else ""


def _unfit_shares(target: Target, low: float) -> str:
    """The same of distributions: each lies along the last axis."""
    if low < 0:
        return sentence("needs shares of at least 0, and the least of the data's is {low}", low=f"{low:.4g}")
    sums = target.values.sum(axis=-1)
    if target.there is not None:
        sums = sums[target.there.all(axis=-1)]
    if not sums.size:
        return ""
    worst = float(sums.reshape(-1)[np.abs(sums - 1).argmax()])
    if abs(worst - 1) > ROUNDING:
        return sentence("needs shares that sum to 1, and some of the data's sum to {worst}", worst=f"{worst:.4g}")
    return ""


def bare_class_problem(flow: Flow, node: Node, loss: Loss, target: Target, samples: Samples) -> Problem | None:
    """A loss of yes and no that is handed the number of a class, which is no answer among several; by itself it reads it so."""
    if loss.target != "binary" or target.wire is None or target.passed or not samples.classes:
        return None
    return Problem(
        text=sentence(
            "{node} needs its answers side by side, and {source} gives the bare number of a class. "
            "Without the wire {node} reads the classes as yes and no by itself.",
            node=node.name,
            source=flow.nodes[target.wire.source].name,
        ),
        node=node.id,
        field="target",
        mends=(cut_target(node, target.wire),),
    )


def cut_target(node: Node, wire: Link) -> Mend:
    """The loss reads the data's targets by itself."""
    text = sentence(
        "Delete the wire at {port_title} of {node}", port_title=sentence(port_title(node.spec, wire.port)), node=node.name
    )
    return Mend(text=text, edits=(RemoveLinks((wire.id,)),))
