"""Looks into the layers of large networks."""

from __future__ import annotations

from playground.training.handlers import handles
from playground.training.messages.layers import WatchLayers
from playground.training.probes.activations import ActivationProbe
from playground.training.probes.histograms import HistogramProbe
from playground.training.worker import Worker


@handles(WatchLayers)
def watch_layers(worker: Worker, command: WatchLayers, descriptors: tuple[int, ...]) -> bool:
    """False for what is not known."""
    if command.what not in ("activations", "histograms"):
        return False
    if worker.run is None:
        return True
    probes = worker.run.probes
    probe = probes[ActivationProbe] if command.what == "activations" else probes[HistogramProbe]
    probe.crowd.on = command.on
    probe.look(force=False)
    return True
