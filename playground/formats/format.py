"""What a file format is to the exporter; a new one is one file in this folder with a `FORMAT` record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from playground.engine.graph import Graph
from playground.formats.certificate import Certificate
from playground.formats.model import Model
from playground.formats.taken import Taken


@dataclasses.dataclass(frozen=True, kw_only=True)
class Format:
    """id: a permanent word.  suffix: with its dot.

    write: checks the model, then puts the file in place whole or not at all.
    take: the weights of a file for a graph whose present arrays are given by name. Raises FileError.
    keeps_optimizer: whether the optimizer's state can go along.
    """

    id: str
    title: str
    suffix: str
    help: str
    write: Callable[[Model, Path], Certificate]
    take: Callable[[Path, Graph, Mapping[str, np.ndarray]], Taken]
    keeps_optimizer: bool = False
