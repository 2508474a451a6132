"""The left side of the data panel: how many samples there are, how they are split, how many each class has."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from playground.core.samples import Samples
from playground.data.describe import class_counts
from playground.data.split import part_sizes
from playground.document.plans import DataPlan
from playground.errors import PlaygroundError
from playground.ui.painting import RIGHT, Painted, box, put, width_of
from playground.ui.theme import theme
from playground.words import named, say, strung

MOST_CLASSES = 12
_PARTS = (("train", "s1"), ("validation", "s2"), ("test", "s3"))


@dataclasses.dataclass(frozen=True)
class Facts:
    """counts: samples in training, validation and test part.  classes: (name, samples, or steps where each has a class)."""

    counts: tuple[int, ...]
    classes: tuple[tuple[str, int], ...]
    refused: str = ""


def facts_of(samples: Samples, plan: DataPlan) -> Facts:
    """The exact sizes, by the split that a run would make."""
    classes = class_counts(samples)
    try:
        sizes = part_sizes(samples.count, plan.validation, plan.test)
    except PlaygroundError as error:
        return Facts((), classes, say(str(error)))
    return Facts(sizes, tuple((named(name), count) for name, count in classes))


class FactsView(Painted):
    """A bar of the parts with their sizes, then a bar for every class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(48, 0, say("Split and classes"), parent)
        self.facts = Facts((), ())

    def show_facts(self, facts: Facts) -> None:
        if facts == self.facts:
            return
        self.facts = facts
        self.setFixedHeight(48 + 17 * min(len(facts.classes), MOST_CLASSES + 1))
        words = [f"{count:,} {say(name)}" for (name, _), count in zip(_PARTS, facts.counts, strict=False)]
        self.setAccessibleDescription(strung([*words, *(strung((name, f"{count:,}"), ": ") for name, count in facts.classes)]))
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        total = sum(self.facts.counts)
        if not total:
            put(p, QRectF(0, 4, r.width(), 18), self.facts.refused, 11, "error")
        x, text_x = 0.0, 0.0
        for (name, token), count in zip(_PARTS, self.facts.counts, strict=False):
            if not count:
                continue
            wide = r.width() * count / total
            p.fillRect(QRectF(x, 6, max(wide - 1, 1), 8), theme().color(token))
            x += wide
            box(p, QRectF(text_x, 24, 8, 8), 2, theme().color(token), None)
            words = f"{count:,} {say(name)}"
            put(p, QRectF(text_x + 12, 19, 130, 18), words, 11, "text2")
            text_x += 26 + width_of(words, 11)
        most = max([count for _, count in self.facts.classes], default=1)
        names = min(90.0, max([width_of(name, 11) for name, _ in self.facts.classes], default=0.0) + 4)
        for k, (name, count) in enumerate(self.facts.classes[:MOST_CLASSES]):
            y = 44.0 + 17 * k
            put(p, QRectF(0, y, names, 16), name, 11, "text2")
            room = r.width() - names - 52
            p.fillRect(QRectF(names + 6, y + 5, max(1.0, room * count / max(most, 1)), 7), theme().tint("c_data", 0.55, "panel"))
            put(p, QRectF(r.width() - 44, y, 44, 16), f"{count:,}", 11, how=RIGHT)
        if len(self.facts.classes) > MOST_CLASSES:
            left = len(self.facts.classes) - MOST_CLASSES
            put(p, QRectF(0, 44.0 + 17 * MOST_CLASSES, 200, 16), say("and {left} more classes", left=left), 11, "text3")
