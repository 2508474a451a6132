"""Whether a network can be trained in the memory that this machine has free.

A rough figure, taken at every edit, decides only whether the plan is asked; what is said then is the plan's, so training agrees with it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

from playground.core.samples import Samples
from playground.core.spec import Optimizer
from playground.data.split import part_sizes
from playground.document.edits import SetPlan
from playground.document.problems import Mend, Problem
from playground.document.project import Project
from playground.engine import free_memory
from playground.lowering.expansion import expanded
from playground.lowering.flow import Flow
from playground.lowering.lowered import lowered
from playground.lowering.node_problems import batch_problem, training_rows
from playground.lowering.room import largest_power, needs
from playground.words import sentence

#: Bytes of one number in the arena.
NUMBER = 4
#: A network whose rough figure is below so many bytes, or this share of what is free, is not planned for the question.
SMALL, NEAR = 512_000_000, 0.25
#: Nodes up to which planning for the question takes a fraction of a second; of larger networks training says whether they fit.
MOST_NODES = 120
#: What was last asked of a plan, and its answers. Samples are known by their shapes alone: they may be large.
_known: tuple[tuple[object, ...], Callable[[int], int]] | None = None


def rough_bytes(project: Project, samples: Samples, flow: Flow) -> int:
    """Weights, gradients, optimizer state and the copies that are kept of them, data, and outputs of all layers with their gradients."""
    training = project.training
    slots = len(training.optimizer.slots) if isinstance(training.optimizer, Optimizer) else 0
    state = 1 + slots + (training.averaging != "none")
    weights = (5 * state + 1 + (training.accumulate > 1)) * sum(found.parameters for found in flow.facts.values())
    data = samples.count * (math.prod(samples.shape) + math.prod(samples.target_shape))
    row = sum(flow.types[id].count for id in flow.facts if id in flow.types)
    return NUMBER * (weights + data + 2 * training.batch * row)


def memory_problem(project: Project, samples: Samples, flow: Flow) -> Problem | None:
    """What the plan takes against what is free, and a batch that fits if one does. project: one without other errors."""
    rough = rough_bytes(project, samples, flow)
    room = free_memory.room() if rough > SMALL else None
    rows = training_rows(project, samples)
    if room is None or rough <= NEAR * room or not rows or len(flow.nodes) > MOST_NODES:
        return None
    batch, needed = project.training.batch, _needed(project, samples, rows)
    if needed(batch) <= room:
        return None
    text = sentence(
        "This needs {need} GB and {free} GB are free.",
        need=f"{needed(batch) / 1000000000.0:,.1f}", free=f"{room / 1000000000.0:,.1f}",
    )  # fmt: skip
    good = largest_power(needed, batch, room)
    while good and not _suits(project, rows, flow, good):
        good //= 2
    if good:
        mend = Mend(text=sentence("Set batch to {good}", good=good), edits=(SetPlan("training", "batch", good),))
        return Problem(text=sentence("{what} Batch {good} fits.", what=text, good=good), field="training.batch", mends=(mend,))
    return _without_a_batch(text, samples, flow)


def _needed(project: Project, samples: Samples, rows: int) -> Callable[[int], int]:
    """Bytes of a run for a batch. A node that is moved, or another batch, asks for no plan anew."""
    global _known
    nodes = tuple(dataclasses.replace(node, position=(0.0, 0.0)) for node in project.network.nodes)
    network, training = (
        dataclasses.replace(project.network, nodes=nodes, notes=()),
        dataclasses.replace(project.training, batch=1),
    )
    asked = (
        dataclasses.replace(project, network=network, training=training),
        samples.count,
        samples.shape,
        samples.target_shape,
        samples.tokens,
    )
    if _known is None or _known[0] != asked:
        kept = part_sizes(samples.count, project.data.validation, project.data.test)[1]
        counts = {"train": rows, "validation": kept} if kept else {"train": rows}
        _known = asked, needs(lowered(project, samples), counts, math.prod(samples.shape))
    return _known[1]


def _suits(project: Project, rows: int, flow: Flow, batch: int) -> bool:
    """Whether every layer can do with such a batch."""
    changed = expanded(SetPlan("training", "batch", batch).apply(project)).project
    return all(batch_problem(changed, rows, flow, id) is None for id in flow.facts)


def _without_a_batch(text: str, samples: Samples, flow: Flow) -> Problem:
    """No batch fits: the largest layer, or the data where these are more."""
    parameters = {id: found.parameters for id, found in flow.facts.items()}
    largest = max(parameters, key=lambda id: parameters[id], default="")
    if largest and sum(parameters.values()) > samples.count * (math.prod(samples.shape) + math.prod(samples.target_shape)):
        return Problem(
            text=sentence(
                "{what} {name} alone has {parameters} parameters; make it smaller.",
                what=text,
                name=flow.nodes[largest].name,
                parameters=f"{parameters[largest]:,}",
            ),
            node=largest,
        )
    return Problem(text=sentence("{what} Use fewer or smaller samples.", what=text))
