"""What was seen of a run's layers while it trained, as it is kept in its folder: norms, activations and histograms at steps that lie
evenly over the run.

    playground layers 1\\n     what it is
    32 bytes                  SHA-256 of the rest
    the rest, by zlib         a line of JSON, {"layers": names, "nodes": names, "rows": {list: how many}}, then the rows of every list
                              as the board has them, one list after the other by name, steps ascending, little-endian
"""

from __future__ import annotations

import dataclasses
import functools
import math
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.document import strict_json
from playground.document.project import Project
from playground.errors import BadValue, FileError
from playground.lowering.groups import frozen_layers
from playground.training.areas.activations import ACTIVATION_COLUMNS, ACTIVATIONS
from playground.training.areas.histograms import HISTOGRAMS, histogram_row
from playground.training.areas.norms import NORM_COLUMNS, NORMS
from playground.training.board import Board, BoardPlan
from playground.training.history import Growing, LayerNorms, column, norms_of
from playground.training.layer_history import Activations, Histograms, LayerHistory
from playground.training.sealed import sealed, unsealed
from playground.words import sentence

Array = npt.NDArray[Any]

NAME = "layers.bin"
MARK = b"playground layers 1\n"
#: Of every list at most so many rows, and no more than take so many bytes; but always two, the first and the last.
MOST_ROWS = 512
MOST_BYTES = {NORMS.name: 1 << 18, ACTIVATIONS.name: 1 << 18, HISTOGRAMS.name: 1 << 20}
#: Nothing larger is read; names of so many layers at most.
_MOST_READ, _MOST_NAMES = 1 << 25, 1 << 14
#: While a run goes on a list grows to so many times what is kept of it.
_ROOM = 4


class KeptLayers(LayerHistory):
    """Collected while a run goes on, or read from its folder. plan: says whose rows they are."""

    lists = ((ACTIVATIONS, 0), (HISTOGRAMS, "step"), (NORMS, 0))

    def __init__(self, plan: BoardPlan) -> None:
        super().__init__()
        self.plan = plan

    def begin_again(self, board: Board) -> None:
        super().begin_again(board)
        self.plan = board.plan

    def clear(self) -> None:
        """The run begins anew."""
        self._rows.clear()
        self._seen.clear()

    def pass_over(self, board: Board) -> None:
        """Take in nothing of what the lists hold now."""
        self._seen = {area.name: board[area].written for area, _ in self.lists}

    def take(self, rows: Mapping[str, Array]) -> None:
        """In place of what there was. rows: by the name of the list."""
        self.clear()
        for area, step in self.lists:
            if area.name in rows:
                self._rows[area.name] = Growing(rows[area.name][:0], step)
                self._rows[area.name].add(rows[area.name])

    def rows(self) -> dict[str, Array]:
        """By the name of the list; they stay as they are while more come."""
        return {area.name: self._rows[area.name].rows for area, _ in self.lists if area.name in self._rows}

    def norms(self) -> LayerNorms:
        """Everything that was measured so far."""
        kept = self._rows.get(NORMS.name)
        return norms_of(kept.rows if kept is not None else np.zeros(0, _forms(self.plan)[NORMS.name]), self.plan)

    def encoder(self) -> Callable[[], bytes]:
        """What makes the file as it would be now, on any thread and at any time."""
        return functools.partial(encoded, self.plan, self.rows())

    def _bound(self, name: str, kept: Growing) -> None:
        if len(kept) > _ROOM * _most(name, kept.rows):
            kept.keep(even(kept.steps(kept.rows), _most(name, kept.rows)))


@dataclasses.dataclass(frozen=True)
class Looks:
    """What is kept of the layers of a run, asked for as of a client. project: as the run has it at its end, None where there is no run."""

    kept: KeptLayers
    project: Project | None = None

    def layer_norms(self) -> LayerNorms | None:
        """None where none are kept."""
        return dataclasses.replace(self.kept.norms(), frozen=self._frozen) if self.kept.plan.layers else None

    @functools.cached_property
    def _frozen(self) -> frozenset[str]:
        return frozen_layers(self.project, self.kept.plan.layers) if self.project is not None else frozenset()

    def activations(self) -> Activations:
        """Of no nodes where none are kept."""
        return self.kept.activations(self.kept.plan)

    def histograms(self, kind: str, name: str) -> Histograms | None:
        """As of a client."""
        return self.kept.histograms(self.kept.plan, kind, name)

    def layer_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Layers with weights, and all that were looked at."""
        return self.kept.plan.layers, self.kept.plan.nodes


def even(steps: Array, most: int) -> Array:
    """Which rows to keep: of equal stretches of steps the first, and the last of all.

    A stretch is a power of two of steps: thinning what was thinned before gives what thinning all at once would have given.
    Shapes: (n,) ascending from 0 on -> (at most `most`,).
    """
    last = int(steps[-1]) if len(steps) else 0
    wide = 1 << (last // (most - 1)).bit_length() if last >= most - 1 else 1
    first = np.flatnonzero(np.diff(steps // wide, prepend=-1))
    return np.union1d(first, [len(steps) - 1]) if len(steps) else first


def encoded(plan: BoardPlan, rows: Mapping[str, Array]) -> bytes:
    """The file. rows: of the board's lists, by name."""
    kept = {}
    for area, step in KeptLayers.lists:
        if area.name in rows and len(rows[area.name]):
            found = rows[area.name]
            kept[area.name] = found[even(column(found, step), _most(area.name, found))]
    about = {"layers": plan.layers, "nodes": plan.nodes, "rows": {name: len(found) for name, found in kept.items()}}
    lists = [kept[name].tobytes() for name in sorted(kept)]
    return sealed(MARK, zlib.compress(strict_json.encode(about) + b"\n" + b"".join(lists), 1))


def none() -> KeptLayers:
    """Of no layers."""
    return KeptLayers(_plan((), ()))


def read(path: Path) -> KeptLayers:
    """What a file, or a run's folder, holds; of no layers where there is no such file. Raises FileError."""
    path = path / NAME if path.is_dir() else path
    damaged = sentence(
        "{path} is damaged: what was seen of this run's layers is lost. Its epochs and weights are not.", path=path
    )
    body = unsealed(path, MARK, _MOST_READ, damaged)
    if body is None:
        return none()
    try:
        return _decoded(body)
    except (zlib.error, ValueError, BadValue) as error:
        raise FileError(damaged) from error


def _decoded(body: bytes) -> KeptLayers:
    """Raises ValueError or zlib.error for what `encoded` does not make."""
    line, _, data = zlib.decompressobj().decompress(body, _MOST_READ).partition(b"\n")
    about = strict_json.decode(line)
    if not isinstance(about, dict) or about.keys() != {"layers", "nodes", "rows"} or not isinstance(about["rows"], dict):
        raise ValueError("it must say whose rows they are")
    kept = KeptLayers(_plan(_names(about["layers"]), _names(about["nodes"])))
    forms, rows, at = _forms(kept.plan), dict[str, Array](), 0
    for name, count in sorted(about["rows"].items()):
        if name not in forms or type(count) is not int or not 0 < count <= MOST_ROWS:
            raise ValueError("no list has so many rows")
        size = count * forms[name].itemsize
        if at + size > len(data):
            raise ValueError("rows are missing")
        rows[name] = np.frombuffer(data[at : at + size], forms[name])
        at += size
    if at != len(data):
        raise ValueError("there are too many rows")
    for area, step in kept.lists:
        if area.name in rows:
            _check(column(rows[area.name], step))
    _check_ends(rows.get(HISTOGRAMS.name))
    kept.take(rows)
    return kept


def _check(steps: Array) -> None:
    """Raises ValueError unless they are whole, from 0 on, and rise."""
    if not ((steps >= 0) & (steps < 2.0**53) & (steps == np.floor(steps))).all() or (np.diff(steps) <= 0).any():
        raise ValueError("its steps do not rise")


def _check_ends(rows: Array | None) -> None:
    """Raises ValueError unless what histograms lie between are numbers."""
    if rows is not None:
        low, high = rows["of"]["low"], rows["of"]["high"]
        if not (np.isfinite(low) & np.isfinite(high) & (low <= high)).all():
            raise ValueError("a histogram has no ends")


def _names(found: Any) -> tuple[str, ...]:
    """Raises ValueError unless they are."""
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found) or len(found) > _MOST_NAMES:
        raise ValueError("layers must have names")
    if len(set(found)) < len(found):
        raise ValueError("a name must be used once")
    return tuple(found)


def _plan(layers: tuple[str, ...], nodes: tuple[str, ...]) -> BoardPlan:
    return BoardPlan(state_bytes=0, layers=layers, metrics=(), outputs=0, nodes=nodes)


def _forms(plan: BoardPlan) -> dict[str, np.dtype[Any]]:
    """Of a row of every list, by name."""
    numbers = {
        NORMS.name: 1 + len(NORM_COLUMNS) * len(plan.layers),
        ACTIVATIONS.name: 1 + len(ACTIVATION_COLUMNS) * len(plan.nodes),
    }
    return {name: np.dtype(("<f8", (count,))) for name, count in numbers.items()} | {HISTOGRAMS.name: histogram_row(plan)}


def _most(name: str, rows: Array) -> int:
    """Rows of a list that are kept."""
    return max(2, min(MOST_ROWS, MOST_BYTES[name] // (rows.itemsize * math.prod(rows.shape[1:]))))
