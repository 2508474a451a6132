"""Pictures of sequences: rows of tokens, small plots of amounts, outputs as heat maps over the steps, gates and attention weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen, QPolygonF

from playground.core.recurrent import Recurrent
from playground.core.samples import NO_CLASS, Samples
from playground.core.spec import Layer
from playground.document.project import Node
from playground.engine.naming import numbered
from playground.ui.painting import AA, CENTRE, box, put, width_of
from playground.ui.theme import theme
from playground.words import named

Array = npt.NDArray[np.floating]

#: Curves that one small plot of amounts shows.
MOST_CURVES = 6
CELL = 15  # side of a token's cell in pixels


@dataclass(frozen=True)
class Strip:
    """One sample of sequences. words: its tokens, or () for amounts.  values: (steps, features) amounts that are there.

    steps: of the padded sequence.  answers: the class of every step where each has one, "" for none; else of the whole.
    """

    words: tuple[str, ...]
    values: Array
    steps: int
    answers: tuple[str, ...] = ()
    answer: str = ""


def strip_of(samples: Samples | None, index: int) -> Strip | None:
    """A sample as it is drawn; None where samples are no sequences."""
    if samples is None or not samples.count or not samples.steps:
        return None
    at = index % samples.count
    there = samples.x[at, : samples.length(at)]
    words = tuple(map(samples.token_name, there.reshape(-1))) if samples.tokens else ()
    answers: tuple[str, ...] = ()
    answer = ""
    if samples.per_step and samples.aligned:
        answers = class_words(samples, at, none="")
    elif samples.per_step:
        answer = " ".join(class_words(samples, at))
    elif samples.task == "classification":
        answer = named(samples.class_names[int(samples.y[at])])
    else:
        answer = ", ".join(f"{value:.3g}" for value in samples.y[at].reshape(-1)[:3])
    return Strip(words, there.reshape(len(there), -1).astype(float), samples.steps, answers, answer)


def class_words(samples: Samples, index: int, *, most: int | None = None, none: str = "–") -> tuple[str, ...]:
    """The classes of the first steps of one sample, or of all. none: what stands for a step without one."""
    return tuple(none if k == NO_CLASS else named(samples.class_names[k]) for k in samples.classes_of(index)[:most])


def paint_strip(p: QPainter, r: QRectF, strip: Strip) -> None:
    """Tokens in cells, line by line, the class of each below where steps have one; amounts as curves over the steps."""
    if strip.words:
        _paint_words(p, r, strip)
    else:
        paint_curves(p, r, strip)


def _paint_words(p: QPainter, r: QRectF, strip: Strip) -> None:
    wide = max([float(CELL), *(width_of(word, 10) + 6 for word in strip.words[:200])])
    if strip.answers:
        wide = max([wide, *(width_of(_short(word), 9) + 3 for word in strip.answers[:200])])
    across = max(1, int(r.width() // wide))
    high = CELL + (12 if strip.answers else 2)
    most = across * max(1, int(r.height() // high))
    shown = strip.words if len(strip.words) <= most else (*strip.words[: most - 1], "…")
    for k, word in enumerate(shown):
        cell = QRectF(r.x() + k % across * wide, r.y() + k // across * high, wide - 1, CELL - 1)
        box(p, cell, 2, theme().color("base"), theme().color("border"))
        put(p, cell, word, 10, "text", how=CENTRE)
        if k < len(strip.answers) and word != "…":
            put(p, QRectF(cell.x() - 1, cell.bottom(), wide + 1, 11), _short(strip.answers[k]), 9, "accent", how=CENTRE)


def _short(word: str) -> str:
    """A class in a cell: its first word."""
    return word.split(" ")[0][:6]


def paint_curves(p: QPainter, r: QRectF, strip: Strip) -> None:
    """Amounts over the steps on one scale; one step is a row of dots."""
    values = strip.values[:, :MOST_CURVES]
    box(p, r, 2, theme().color("base"), theme().color("border"))
    finite = values[np.isfinite(values)]
    if not finite.size:
        return
    low, high = min(float(finite.min()), 0.0), max(float(finite.max()), 0.0)
    span = (high - low) or 1.0
    inner = r.adjusted(4, 4, -4, -4)
    zero = inner.bottom() - (0 - low) / span * inner.height()
    p.setPen(QPen(theme().color("plotgrid"), 1))
    p.drawLine(QPointF(inner.x(), zero), QPointF(inner.right(), zero))
    p.setRenderHint(AA)
    x = inner.x() + np.arange(len(values)) * inner.width() / max(len(values) - 1, 1)
    for k in range(values.shape[1]):
        y = inner.bottom() - (np.nan_to_num(values[:, k]) - low) / span * inner.height()
        points = QPolygonF([QPointF(float(a), float(b)) for a, b in zip(x, y, strict=True)])
        p.setPen(QPen(theme().series(k + 1)[0], 1.2 if len(values) > 1 else 4))
        if len(values) > 1:
            p.drawPolyline(points)
        else:
            p.drawPoints(points)


def symmetric(values: Array) -> Array:
    """Scaled to -1 to 1 with zero kept at zero."""
    finite = values[np.isfinite(values)]
    most = float(np.max(np.abs(finite))) if finite.size else 0.0
    return values / most if most > 0 else values


def length_of(samples: Samples | None, index: int, steps: int) -> int | None:
    """How many of a layer's steps are there for a sample; None, all, for a layer that sees others than the data's."""
    return samples.length(index) if samples is not None and samples.count and samples.steps == steps else None


def has_weights(spec: object) -> bool:
    """Whether a layer looks steps up by attention weights."""
    return isinstance(spec, Layer) and "weights" in spec.outputs


def turns(answers: Mapping[str, Array], name: str) -> list[Array]:
    """What all ops of a node give that is called alike, such as the gates of every layer and direction, in their order."""
    found: list[Array] = []
    while (given := answers.get(numbered(name, len(found)))) is not None:
        found.append(given)
    return found


def over_steps(node: Node, answers: Mapping[str, Array]) -> Array | None:
    """What a node gives over the steps; None for a node without steps. Shapes: -> (n, steps, units).

    A recurrent layer that gives its last state alone has gone through all of them: what its top layer gave at each, in both
    directions side by side.
    """
    given = answers.get(node.name)
    if given is None or given.ndim != 2:
        return given if given is not None and given.ndim == 3 else None
    runs = turns(answers, f"{node.name}:y")
    known = len(runs) == node.spec.runs if isinstance(node.spec, Recurrent) else bool(runs)
    if not known or runs[-1].ndim != 3:
        return None
    top = runs[-max(1, given.shape[1] // runs[-1].shape[2]) :]
    return np.concatenate(top, axis=2) if len(top) > 1 else top[0]


def heat(given: Array, length: int | None = None) -> Array:
    """One sample's output as a picture: steps that are there across, units down. Shapes: (steps, units) -> (units, length)."""
    return np.asarray(given[: len(given) if length is None else length], float).T


def attention(given: Array, length: int | None = None) -> Array:
    """Shares of what each step looks at: keys across, queries down; without padding where queries and keys are the same steps.

    Shapes: (heads, queries, keys) or (queries, keys) -> (heads, length, length).
    """
    values = np.asarray(given, float).reshape(-1, *given.shape[-2:])
    return values[:, :length, :length] if length is not None and values.shape[1] == values.shape[2] else values
