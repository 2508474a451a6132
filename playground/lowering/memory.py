"""Whether a network can be trained in the memory that this machine has free."""

from __future__ import annotations

import math
import os
import pathlib
import re

from playground.core.samples import Samples
from playground.core.spec import Optimizer
from playground.document.edits import SetPlan
from playground.document.problems import Mend, Problem
from playground.document.project import Project
from playground.lowering.flow import Flow
from playground.words import sentence

#: Bytes of one number in the arena.
NUMBER = 4
#: Needs below so many bytes are not compared with the memory free: any machine has them.
SMALL = 512_000_000
#: Where Linux says how much memory is free.
MEMINFO = pathlib.Path("/proc/meminfo")


def free_memory() -> int | None:
    """Bytes that can be had without swapping, or the whole memory where only that is known; None where neither is."""
    if MEMINFO.exists():
        found = re.search(r"^MemAvailable:\s+(\d+) kB", MEMINFO.read_text(encoding="ascii"), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def memory_problem(project: Project, samples: Samples | None, flow: Flow) -> Problem | None:
    """The least that training takes (weights, gradients, optimizer state, data, one output of each layer) against what is free."""
    optimizer, batch = project.training.optimizer, project.training.batch
    if samples is None or not isinstance(optimizer, Optimizer) or not isinstance(batch, int) or batch < 1:
        return None
    parameters = {id: found.parameters for id, found in flow.facts.items()}
    weights = (
        NUMBER
        * sum(parameters.values())
        * (2 + len(optimizer.slots) + (project.training.accumulate > 1) + (project.training.averaging != "none"))
    )
    data = NUMBER * samples.count * (math.prod(samples.shape) + math.prod(samples.target_shape))
    row = NUMBER * sum(flow.types[id].count for id in flow.facts if id in flow.types)
    need = weights + data + batch * row
    free = free_memory() if need > SMALL else None
    if free is None or need <= free:
        return None
    text = sentence(
        "This needs {need} GB and {free} GB are free.", need=f"{need / 1000000000.0:,.1f}", free=f"{free / 1000000000.0:,.1f}"
    )
    fitting = (free - weights - data) // row if row else 0
    if fitting >= 1:
        good = 1 << (int(fitting).bit_length() - 1)
        mend = Mend(text=sentence("Set batch to {good}", good=good), edits=(SetPlan("training", "batch", good),))
        return Problem(text=sentence("{what} Batch {good} fits.", what=text, good=good), field="training.batch", mends=(mend,))
    largest = max(parameters, key=lambda id: parameters[id], default="")
    if weights > data and largest:
        name = flow.nodes[largest].name
        return Problem(
            text=sentence(
                "{what} {name} alone has {parameters} parameters; make it smaller.",
                what=text,
                name=name,
                parameters=f"{parameters[largest]:,}",
            ),
            node=largest,
        )
    return Problem(text=sentence("{what} Use fewer or smaller samples.", what=text))
