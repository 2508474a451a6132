"""The other figures: how long an edit takes to train, what compiling costs, how soon the worker is ready, how large the arena is."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from playground.cli.bench.sides import SideFailed
from playground.cli.bench.workloads import WORKLOADS, workload
from playground.data.prepare import Split
from playground.document.edits import SetField
from playground.engine.plan import Plan, plan_network
from playground.engine.registers import KNOB_COUNT, PARAMETERS
from playground.lowering import lower

ROOT = Path(__file__).resolve().parents[3]


@dataclasses.dataclass(frozen=True)
class Figure:
    """value against limit, both in the unit; reached is None where there is no limit.

    valid: whether what was measured did what it should, such as ending in the same numbers; None: nothing to compare.
    """

    id: str
    title: str
    value: float
    limit: float | None
    unit: str
    note: str = ""
    valid: bool | None = None

    @property
    def reached(self) -> bool | None:
        return None if self.limit is None else self.value <= self.limit


def edit_to_first_step(repeats: int = 5) -> Iterator[Figure]:
    """P1: change a layer's size, lower, plan, initialise, one step; kernels warm, the data's copy apart."""
    from playground.engine.machine import Machine

    for id in ("W2", "W4", "W5"):
        one = workload(id)
        samples, project = one.samples(), one.project()
        node = next(node for node in project.record.network.nodes if node.spec.id in ("dense", "conv2d"))
        field = "units" if node.spec.id == "dense" else "filters"
        encoded = samples.y
        took = []
        for n in range(repeats + 2):
            begun = time.perf_counter()
            record = SetField(node.id, field, 24 + n).apply(project.record)
            lowered = lower(record, samples)
            machine = Machine(
                plan_network(lowered.graph, batch=one.batch, update=lowered.update, samples={"train": samples.count})
            )
            machine.initialise(0)
            before_data = time.perf_counter()
            machine.load("train", samples.x, lowered.columns(Split(samples.x, encoded, np.arange(samples.count))))
            after_data = time.perf_counter()
            machine.run(1)
            took.append((time.perf_counter() - begun - (after_data - before_data)) * 1e3)
        begun = time.perf_counter()
        machine.run(1)
        note = f"kernels warm, the data's copy apart; a step alone takes {(time.perf_counter() - begun) * 1e3:.1f} ms"
        yield Figure("P1", f"edit {id} to first step", statistics.median(took[2:]), 20.0, "ms", note)


def compile_everything() -> Figure:
    """P2: all kernels of W1 to W9 in a process with an empty cache, and with the second process that it may start."""
    code = (
        "import json, os, time; from playground.cli.bench.ours import machine_of\n"
        f"machines = [machine_of(id) for id in {[one.id for one in WORKLOADS]!r}]\n"
        "before, begun = os.times(), time.perf_counter()\n"
        "from playground.engine import jit\n"
        "jit.compile_kernels(list(dict.fromkeys(name for one in machines for name in one.plan.kernels)))\n"
        "spent = sum(os.times()[:4]) - sum(before[:4])\n"
        "print(json.dumps([time.perf_counter() - begun, spent]))"
    )
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PLAYGROUND_CACHE": cache, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    took, spent = json.loads(done.stdout.splitlines()[-1])
    note = f"{spent:.1f} s of processor time in all processes"
    return Figure("P2", "compile every kernel of W1 to W9, once", took, 20.0, "s", note)


def worker_ready() -> Figure:
    """P3, the worker's half: from asking for it to its first word."""
    from playground.training.client import Client
    from playground.training.messages import Ready

    took = []
    for _ in range(3):
        begun = time.perf_counter()
        client = Client()
        try:
            client.launch()
            while not any(isinstance(event, Ready) for event in client.poll()):
                if time.perf_counter() - begun > 30:
                    raise TimeoutError("the worker did not answer within 30 s")
                time.sleep(0.002)
            took.append(time.perf_counter() - begun)
        finally:
            client.close()
    return Figure("P3", "worker ready", statistics.median(took), 1.5, "s")


def in_the_window(id: str) -> Iterator[Figure]:
    """P3 to P7: measured in the real window by a process of its own, since this one never loads Qt. Raises SideFailed."""
    command = [sys.executable, "-m", "playground.ui.measure", id, "--json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise SideFailed(f"{id} could not be measured in the window: {done.stderr.strip()[-1500:] or 'it said nothing'}")
    for line in lines:
        yield Figure(line["id"], line["title"], line["value"], line["target"], line["unit"], line["note"], line["valid"])


def arena_sizes() -> Iterator[Figure]:
    """P8: the arena without its data windows against what any placement would need."""
    for one in WORKLOADS:
        samples = one.samples()
        lowered = lower(one.project().record, samples)
        plan = plan_network(lowered.graph, batch=one.batch, update=lowered.update, samples={"train": one.batch}, ring=16)
        held, needed = arena_bytes(plan)
        note = f"{(held - needed) / 1e3:,.1f} kB above the bound of {needed / 1e3:,.1f} kB"
        note += f", of which registers, knobs and ring take {fixed_bytes(plan) / 1e3:.1f} kB"
        yield Figure("P8", f"arena of {one.id} against its lower bound", held / needed, 1.15, "×", note)


def arena_bytes(plan: Plan) -> tuple[int, int]:
    """Bytes of the arena; and of parameters, gradients, slots, statistics, the largest set of activations that live at once and the
    fixed areas: registers, cells, knobs and the ring, through which a run is steered and read. Those are the same for every network,
    and no plan could do without them, so they count on both sides; for a network of a few kilobytes they are most of it.

    The samples, their order and the outputs of an evaluation are data and count on neither side.
    """
    layout = plan.layout
    tensors = [
        *layout.parameters.values(),
        *layout.gradients.values(),
        *layout.slots.values(),
        *layout.statistics.values(),
        *layout.averages.values(),
    ]
    needed = sum(4 * math.prod(field.shape) for field in tensors) + plan.activation_bound + fixed_bytes(plan)
    windows = sum(4 * _window_numbers(plan, rows) for _, _, rows in layout.windows.values())
    outputs = 4 * plan.graph.values[plan.graph.output].type.count * max(rows for _, _, rows in layout.windows.values())
    order = 2 * 4 * layout.windows["train"][2]
    return plan.nbytes - windows - outputs - order, needed


def fixed_bytes(plan: Plan) -> int:
    """Bytes of the areas through which a run is steered and read."""
    return 4 * (PARAMETERS + KNOB_COUNT + math.prod(plan.layout.ring.shape))


def _window_numbers(plan: Plan, rows: int) -> int:
    graph = plan.graph
    target = 0 if graph.target is None else graph.values[graph.target].type.count
    return rows * (graph.values[graph.input].type.count + target)
