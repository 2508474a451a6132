"""Our side of a workload, as a child process: `python -m playground.cli.bench.ours W1 THREADS`, then one JSON command a line."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from playground.cli.bench.workloads import workload
from playground.data.prepare import Split
from playground.engine.machine import Machine
from playground.engine.plan import plan_network
from playground.engine.program import CHECKED
from playground.lowering import lower

Told = Callable[[str, int, int], None]


def machine_of(id: str, progress: Told | None = None) -> Machine:
    """The workload's network with its start weights and all its data, nothing run yet."""
    one = workload(id)
    samples = one.samples()
    lowered = lower(one.project().record, samples)
    plan = plan_network(lowered.graph, batch=one.batch, update=lowered.update, samples={"train": samples.count})
    machine = Machine(plan, progress=progress, shuffle=False)
    machine.initialise(0)
    machine.load("train", samples.x, lowered.columns(Split(samples.x, samples.y, np.arange(samples.count))))
    return machine


def losses(machine: Machine, steps: int, threads: int) -> list[float]:
    """The mean loss of each of the first steps."""
    first = machine.step
    machine.run(steps, threads=threads)
    ring = machine.ring()
    return [float(ring[(first + n) % len(ring), 0]) for n in range(steps)]


class Alone:
    """Only the update of a machine, with the gradient of its first batch at its start weights."""

    def __init__(self, id: str, machine: Machine) -> None:
        start = machine.snapshot()
        machine.run(1)
        machine.restore(start)
        program = machine.plan.train
        assert program is not None
        judged = int(np.flatnonzero(program.stages[:, 2] == CHECKED)[0])
        plan = dataclasses.replace(machine.plan, train=dataclasses.replace(program, stages=program.stages[judged + 1 :].copy()))
        self.machine = Machine(plan, machine.memory, shuffle=False)
        samples = workload(id).samples()
        self.machine.load("train", samples.x, None)

    def squares(self, steps: int, threads: int) -> list[float]:
        """The sum of all squared weights after each of the next updates; the peers answer the same."""
        found = []
        for _ in range(steps):
            self.machine.run(1, threads=threads)
            found.append(sum(float((view.astype(np.float64) ** 2).sum()) for view in self.machine.parameters().values()))
        return found


def serve(id: str, threads: int) -> None:
    """Answer {"check": steps} with losses and {"steps": n} with seconds."""
    machine = machine_of(id)
    machine.prepare()
    alone = Alone(id, machine) if workload(id).alone else None
    machine = alone.machine if alone else machine
    machine.prepare()
    tell({"ready": True})
    for line in sys.stdin:
        command: dict[str, Any] = json.loads(line)
        if "check" in command:
            asked = command["check"]
            found = alone.squares(asked, threads) if alone else losses(machine, asked, threads)
            tell({"losses": found, "bytes": machine.plan.nbytes})
            continue
        factors = np.ones(command["steps"], np.float32)
        start = time.perf_counter()
        ran = machine.run(command["steps"], factors, threads)
        tell({"seconds": time.perf_counter() - start, "status": ran.status})


def tell(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
