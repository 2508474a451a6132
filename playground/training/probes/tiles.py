"""Pictures of nodes: their responses over the input plane, and their outputs for one sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from playground.core.spec import Spec
from playground.document.node_size import MOST_TILES, is_planar
from playground.lowering.expansion import expanded
from playground.training import surfaces
from playground.training.areas.tiles import TILES, Tile
from playground.training.messages.tiles import Pictured, WatchTiles
from playground.training.probes import Probe, Share, register
from playground.training.probes.observing import Observer, observer_of
from playground.training.surfaces import SIDE, Coded

if TYPE_CHECKING:
    from playground.training.run import Run

Array = npt.NDArray[Any]

#: Numbers of one output that are worth showing; of an image with more channels, so many.
MOST_VALUES, MOST_CHANNELS = 1 << 16, 16
#: Of the time: for responses over the plane, of networks so small that their speed is none of anybody's worries, and for all others.
PLANE_SHARE, SHARE = 0.15, 0.01


@register
class TilesProbe(Probe[None]):
    """Writes pictures of the nodes that are asked for, at most 22 times a second."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.share = Share(PLANE_SHARE if is_planar(run.assembled.samples) else SHARE, 22)
        self._asked: WatchTiles | None = None
        self._points: Array | None = None
        self._observer: Observer | None = None
        self._single: set[str] = set()
        assembled = run.assembled
        whole = expanded(assembled.project).project.network
        #: Records of nodes by their names; the data, which the graph knows as its input; the place of each loss.
        self._specs: dict[str, Spec] = {node.name: node.spec for node in whole.nodes if isinstance(node.spec, Spec)}
        self._data = {node.name for node in whole.of_kind("dataset")}
        self._losses = {head.name: at for at, head in enumerate(assembled.lowered.heads)}

    def watch(self, asked: WatchTiles) -> None:
        """Show these nodes from now on."""
        samples = self.run.assembled.samples
        self._asked, self._points = (asked if asked.nodes else None), None
        planar = is_planar(samples) and bool(np.isfinite((*asked.low, *asked.high)).all())
        if self._asked is not None and planar and all(a < b for a, b in zip(asked.low, asked.high, strict=True)):
            axes = [np.linspace(asked.low[k], asked.high[k], SIDE, dtype=np.float32) for k in (0, 1)]
            plane = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
            self._points = self.run.assembled.prepared.scaler.apply(plane)
        self.share.soon()

    def look(self, *, force: bool) -> None:
        if self._asked is None or not (force or self.share.due):
            return
        self._observer = self._observer or observer_of(self.run)
        with self.share:
            if not self._observer.take():
                self._asked = None
                return
            tiles = self._tiles(self._observer, self._asked) if self._points is not None else {}
            values = self._values(self._observer, self._asked)
            self.run.board[TILES].write(self.run.machine.step, self._asked.mark, tiles, values)
        self.run.send(Pictured(step=self.run.machine.step))

    def _tiles(self, observer: Observer, asked: WatchTiles) -> dict[str, Tile]:
        """Responses over the plane of every node that is asked for and has units, and what losses decide."""
        assert self._points is not None
        wanted = [(name, first) for name, first in asked.nodes if name not in self._losses]
        losses = {name: self._losses[name] for name, _ in asked.nodes if name in self._losses}
        kept: dict[str, Array] = {}
        self._single.clear()
        heads: dict[str, Array] = {}
        count = len(self._points)
        for part, given in observer.passes(self._points):
            given |= dict.fromkeys(self._data, self._points[part])
            for name, first in wanted:
                values = given.get(name)
                if values is None:
                    continue
                values = values.reshape(len(values), -1)
                if values.shape[1] == 1:
                    self._single.add(name)
                shown = values[:, first : first + MOST_TILES]
                kept.setdefault(name, np.empty((shown.shape[1], count), np.float32))[:, part] = shown.T
            judged = observer.heads(part.stop - part.start) if losses else ()
            for name, at in losses.items():
                if judged[at].ndim == 2:
                    heads.setdefault(name, np.empty((count, judged[at].shape[1]), np.float32))[part] = judged[at]
        found = {name: self._coded(name, values) for name, values in kept.items() if len(values)}
        task, all_heads = self.run.assembled.samples.task, self.run.assembled.lowered.heads
        for name, outputs in heads.items():
            with np.errstate(all="ignore"):
                response = all_heads[losses[name]].loss.respond(outputs)
            found[name] = surfaces.decision(np.asarray(response, np.float32).reshape(count, -1), task)
        return {name: Tile(one.codes, one.most, one.flagged) for name, one in found.items()}

    def _coded(self, name: str, values: Array) -> Coded:
        """Several units on their scales; a node's only unit as a field with the ends of its scale."""
        return surfaces.field(values[0]) if name in self._single else surfaces.responses(values, self._specs.get(name))

    def _values(self, observer: Observer, asked: WatchTiles) -> dict[str, Array]:
        """Outputs for the sample that is shown, further ones too; images cut to so many channels, what is still too large left out."""
        names = {name for name, _ in asked.nodes}
        first = dict(asked.nodes)
        x, columns = observer.samples([asked.sample % max(self.run.assembled.samples.count, 1)])
        given = observer.outputs(x, columns) | dict.fromkeys(self._data, np.asarray(x, np.float32))
        found = {}
        for key, value in given.items():
            owner, _, further = key.rpartition("/")
            name, shown = (key, key) if key in names else (owner, f"{owner}:{further}")
            if name not in names:
                continue
            one = value[0]
            if one.ndim == 3 and one.shape[2] > MOST_CHANNELS:
                one = one[:, :, first[name] : first[name] + MOST_CHANNELS]
            if one.size <= MOST_VALUES:
                found[shown] = one.copy()
        return found
