"""What a file format is to the exporter; a new one is one file in this folder with a `FORMAT` record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from playground.formats.certificate import Certificate
from playground.formats.model import Model


@dataclasses.dataclass(frozen=True, kw_only=True)
class Format:
    """id: a permanent word.  suffix: with its dot.  write: checks the model, then puts the file in place whole or not at all."""

    id: str
    title: str
    suffix: str
    help: str
    write: Callable[[Model, Path], Certificate]
