"""Every node's output for inputs of one's own, by a private machine over copies of the weights: the run's arena is only read.

Shared by all probes that look inside the network. The machine is made when somebody first asks, and takes the place of none.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from playground.engine.bookends import spans, width
from playground.engine.machine import Machine
from playground.engine.plan import Plan, plan_network
from playground.lowering.network import LENGTHS, usual_columns

if TYPE_CHECKING:
    from playground.training.assembly import Assembled
    from playground.training.run import Run

Array = npt.NDArray[Any]

#: Rows that are observed at once, where memory allows: few enough to stay in the cache, many enough to be worth a call.
ROWS = 1024
#: Numbers that all nodes together give in a pass, unless for fewer than so many rows: a plan for more takes long to make.
NUMBERS, FEW_ROWS = 1 << 21, 8
#: Bytes that the private machine may take.
MOST_BYTES = 256 << 20


class Observer:
    """Gives what every node of a run's network gives, without touching the run. rows: most inputs of a pass; 0 when none fits.

    machine: the run's. Call `take` for the present weights, then `passes` or `outputs` as often as wanted.
    """

    def __init__(self, assembled: Assembled, machine: Machine) -> None:
        self._assembled, self._run = assembled, machine
        self._plan = self._fitting()
        self._machine: Machine | None = None
        self._common: list[tuple[int, int]] = []
        self.rows = self._plan.batch if self._plan is not None else 0

    def _fitting(self) -> Plan | None:
        """The plan with the most rows that fits."""
        graph = self._assembled.lowered.graph
        each = sum(math.prod(graph.values[node.output].type.shape) for node in graph.nodes)
        rows = min(ROWS, max(FEW_ROWS, NUMBERS // max(each, 1)))
        while rows:
            plan = plan_network(graph, batch=rows, update=None, samples={}, window=rows, observe=True, chains=1, ring=1)
            if plan.nbytes <= MOST_BYTES:
                return plan
            rows //= 4
        return None

    @property
    def _own(self) -> Machine:
        if self._machine is None:
            assert self._plan is not None
            self._machine = Machine(self._plan)
            self._machine.initialise(0)
            places = self._run.layout.knob_index
            self._common = [(at, places[name]) for name, at in self._plan.knob_index.items() if name in places]
        return self._machine

    def take(self) -> bool:
        """Copy the weights as the run evaluates with them: their means, where those are what counts. False when nothing fits."""
        if not self.rows:
            return False
        own, run = self._own, self._run
        means = run.averages() if self._assembled.project.training.judges_averaged and run.averaged else {}
        for name, array in (own.parameters() | own.statistics()).items():
            array[...] = means[name] if name in means else _held(run, name)
        for mine, its in self._common:
            own.knobs[mine] = run.knobs[its]
        return True

    def put(self, tensors: Mapping[str, Array]) -> None:
        """Weights and statistics of another moment of the same run, by name, in place of those that `take` copied."""
        for name, array in (self._own.parameters() | self._own.statistics()).items():
            array[...] = tensors[name]

    def outputs(self, x: Array, columns: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """By node name, for scaled inputs, at most `rows` of them; "node/name" are further outputs. Views that the next call overwrites.

        columns: what comes with the samples, such as lengths.  Shapes: x (n, *input) -> (n, *node output).
        """
        usual = usual_columns(self._own.plan.graph, len(x)) | dict(columns or {})
        return self._own.observe(np.asarray(x, np.float32), 1, usual)

    def heads(self, count: int) -> tuple[Array, ...]:
        """What each loss judges, from the last `outputs` of so many inputs; views. Shapes: (count, *output) each."""
        graph, own = self._own.plan.graph, self._own
        rows = own.F[own.layout.outputs :][: count * width(graph, graph.outputs)].reshape(count, -1)
        shapes = [graph.values[output].type.shape for output in graph.outputs]
        found = zip(shapes, spans(graph, graph.outputs), strict=True)
        return tuple(rows[:, start : start + n].reshape(count, *shape) for shape, (start, n) in found)

    def passes(self, x: Array, columns: Mapping[str, Array] | None = None) -> Iterator[tuple[slice, dict[str, Array]]]:
        """`outputs` for any number of inputs, in parts: which of them, and what the nodes gave."""
        for start in range(0, len(x), self.rows):
            part = slice(start, min(start + self.rows, len(x)))
            yield part, self.outputs(x[part], {name: array[part] for name, array in (columns or {}).items()})

    def samples(self, rows: npt.ArrayLike) -> tuple[Array, dict[str, Array]]:
        """Samples of the data as the network reads them: scaled inputs, and their lengths where those vary. Shapes: rows (n,)."""
        given, index = self._assembled.samples, np.asarray(rows)
        x = self._assembled.prepared.scaler.apply(given.x[index])
        return x, ({} if given.lengths is None else {LENGTHS: given.lengths[index].astype(np.float32)})


def _held(machine: Machine, name: str) -> Array:
    """A parameter or statistic of the run."""
    field = machine.layout.parameters.get(name) or machine.layout.statistics[name]
    return field.view(machine.F)


_OBSERVERS: weakref.WeakKeyDictionary[Run, Observer] = weakref.WeakKeyDictionary()


def observer_of(run: Run) -> Observer:
    """The run's only one."""
    found = _OBSERVERS.get(run)
    if found is None:
        found = _OBSERVERS[run] = Observer(run.assembled, run.machine)
    return found
