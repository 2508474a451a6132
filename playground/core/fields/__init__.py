"""Typed, bounded, documented settings: the only place that knows what a hyper-parameter is.

A catalogue record declares its settings with `real`, `reals`, `whole`, `wholes`, `choice`, `flag`, `size`, `text`, `path` and
`part`. The form in the window, the range check and its wording, the file format, the reference page and the tests all derive from
them.
"""

from playground.core.fields.base import Field, in_short, is_finite
from playground.core.fields.declaring import choice, fields_of, flag, formula, part, path, real, reals, size, text, whole, wholes
from playground.core.fields.numbers import Real, Reals, Size, Whole, Wholes
from playground.core.fields.parts import Part
from playground.core.fields.texts import Choice, Flag, Formula, Path, Text

__all__ = [
    "Choice", "Field", "Flag", "Formula", "Part", "Path", "Real", "Reals", "Size", "Text", "Whole", "Wholes", "choice",
    "fields_of", "flag", "formula", "in_short", "is_finite", "part", "path", "real", "reals", "size", "text", "whole",
    "wholes",
]  # fmt: skip
