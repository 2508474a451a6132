"""What is measured because somebody looks at it. These commands stand: the worker repeats them for every new run."""

from __future__ import annotations

from playground.training import messages
from playground.training.handlers import handles
from playground.training.probes.activations import ActivationProbe
from playground.training.probes.grid import GridProbe
from playground.training.probes.histograms import HistogramProbe
from playground.training.probes.norms import NormProbe
from playground.training.worker import Worker


@handles(messages.WatchNorms)
def watch_norms(worker: Worker, command: messages.WatchNorms, descriptors: tuple[int, ...]) -> bool:
    if worker.run is not None:
        probes = worker.run.probes
        probes[NormProbe].on = command.on
        for crowd in (probes[ActivationProbe].crowd, probes[HistogramProbe].crowd):
            crowd.off = not command.on
    return True


@handles(messages.WatchGrid)
def watch_grid(worker: Worker, command: messages.WatchGrid, descriptors: tuple[int, ...]) -> bool:
    """False when this run has nothing to show."""
    if worker.run is None:
        return True
    grid = worker.run.probes[GridProbe]
    shown = grid.watch(command.low, command.high, command.size)
    if worker.run.mode != "running":  # else it looks after the next steps
        grid.look(force=False)
    return shown
