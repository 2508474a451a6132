"""Pictures of the nodes that somebody looks at: responses over the input plane, and outputs for one sample."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.training.areas import Area, register

Array = npt.NDArray[Any]

#: Bytes of one set of pictures, and of the list of them at its head.
_ROOM, _HEAD = 24 << 20, 1 << 18


@dataclasses.dataclass(frozen=True)
class Tile:
    """What a node answers over the input plane, coded as in `surfaces`. most: what the end of the scale means, NaN where every unit has
    its own.  flagged: places of saturated or dead units.  Shapes: array (units, size, size) uint8.
    """

    array: Array
    most: float = float("nan")
    flagged: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Pictures:
    """One set. mark: of the command that asked for it.  tiles: node -> its responses.

    values: node -> its output for the sample that is shown, float32; "node:name" further ones.
    """

    step: int
    mark: int
    tiles: dict[str, Tile]
    values: dict[str, Array]


class Tiles:
    """Two places for a set of pictures, written in turn."""

    def __init__(self, area: Array, numbers: Array) -> None:
        half = len(area) // 2
        self._sets = [area[i * half : (i + 1) * half] for i in (0, 1)]
        self._numbers = numbers

    def clear(self) -> None:
        self._numbers[...] = 0

    @property
    def number(self) -> int:
        """Of the newest set, rising; 0 before the first."""
        return int(self._numbers.max())

    def write(self, step: int, mark: int, tiles: Mapping[str, Tile], values: Mapping[str, Array]) -> None:
        """Those that find no room are left out."""
        place = 1 - int(np.argmax(self._numbers))
        number = int(self._numbers.max()) + 1
        self._numbers[place] = 0
        room, at, listed = self._sets[place], _HEAD, []
        everything = [*tiles.items(), *((name, Tile(value)) for name, value in values.items())]
        for turn, (name, tile) in enumerate(everything):
            array = np.ascontiguousarray(tile.array)
            if at + array.nbytes > len(room):
                continue
            room[at : at + array.nbytes] = array.reshape(-1).view(np.uint8)
            most = tile.most if np.isfinite(tile.most) else None
            listed.append([name, turn < len(tiles), array.dtype.str, array.shape, at, most, tile.flagged])
            at += -(-array.nbytes // 64) * 64
        head = json.dumps([step, mark, listed]).encode()
        if len(head) + 8 > _HEAD:
            head = json.dumps([step, mark, []]).encode()
        room[:8].view("<i8")[0] = len(head)
        room[8 : 8 + len(head)] = np.frombuffer(head, np.uint8)
        self._numbers[place] = number

    def read(self) -> Pictures | None:
        """A copy of the newest set; None before the first."""
        for _ in range(100):
            place = int(np.argmax(self._numbers))
            number = int(self._numbers[place])
            if number == 0:
                return None
            room = self._sets[place]
            head = bytes(room[8 : 8 + min(max(int(room[:8].view("<i8")[0]), 0), _HEAD)])
            if self._numbers[place] != number:  # overwritten meanwhile: what was read may be torn
                continue
            step, mark, listed = json.loads(head)
            tiles: dict[str, Tile] = {}
            values: dict[str, Array] = {}
            for name, is_tile, dtype, shape, at, most, flagged in listed:
                count = int(np.prod(shape, dtype=int)) * np.dtype(dtype).itemsize
                array = room[at : at + count].copy().view(dtype).reshape(shape)
                if is_tile:
                    tiles[name] = Tile(array, float("nan") if most is None else most, tuple(flagged))
                else:
                    values[name] = array
            if self._numbers[place] == number:
                return Pictures(step, mark, tiles, values)
        return None


TILES = register(Area("tiles", 2, lambda plan: 2 * _ROOM, lambda plan, area, words: Tiles(area, words)))
