"""Pictures of nodes, for as long as somebody looks at them."""

from __future__ import annotations

from playground.training.handlers import handles
from playground.training.messages.tiles import WatchTiles
from playground.training.probes.tiles import TilesProbe
from playground.training.worker import Worker


@handles(WatchTiles)
def watch_tiles(worker: Worker, command: WatchTiles, descriptors: tuple[int, ...]) -> bool:
    """The command stands: the worker repeats it for every new run, which leaves out what it does not have."""
    if worker.run is None:
        return True
    probe = worker.run.probes[TilesProbe]
    probe.watch(command)
    if worker.run.mode != "running":  # else it looks after the next steps
        probe.look(force=True)
    return True
