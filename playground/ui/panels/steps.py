"""Inside a layer, step by step: what it gives over one sequence, its gates, and what every step looks at."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from playground.core.recurrent import Recurrent
from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document.project import Node
from playground.ui.answering import Answering
from playground.ui.canvas.answers import Array, length_columns
from playground.ui.canvas.local import LocalNames
from playground.ui.canvas.sequences import attention, has_weights, heat, length_of, over_steps, turns
from playground.ui.inspector.controls import Button, ComboField
from playground.ui.inspector.foot import Empty
from playground.ui.inspector.text import Label
from playground.ui.painting import CENTRE, LEFT, RIGHT, Painted, put, width_of
from playground.ui.panel import Panel, register_panel
from playground.ui.plots.axis import short
from playground.ui.theme import theme
from playground.words import meant, say, sentence, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

EVERY_S = 0.2  # at most so often while a run goes on
NONE = (
    sentence("No steps to look at"),
    sentence("Select a recurrent layer, an attention or another layer that gives a sequence."),
)


@dataclass(frozen=True)
class View:
    """Something to look at. pictures: (name, values) each (rows, columns).  low: of the colour scale, 0 for shares, else its mirror.

    down, across: what rows and columns are.
    """

    title: str
    pictures: tuple[tuple[str, Array], ...]
    low: float
    down: str
    across: str = sentence("steps")


def views_of(node: Node, answers: dict[str, Array], samples: Samples, index: int) -> list[View]:
    """What there is to look at in a layer, the most telling first."""
    found: list[View] = []
    name, spec = node.name, node.spec
    for port in ("weights", "self_weights") if has_weights(spec) else ():
        given = answers.get(f"{name}:{port}")
        if given is not None:
            values = attention(given[0], length_of(samples, index, given.shape[-1]))
            heads = tuple((say("head {k}", k=k + 1) if len(values) > 1 else "", one) for k, one in enumerate(values))
            title = say("Attention weights{turn}", turn=_kind(spec, port))
            found.append(View(title, heads, 0.0, say("queries"), say("keys")))
    gates: tuple[str, ...] = getattr(spec, "gates", ())
    at_gates, at_cells = (turns(answers, f"{name}:{what}") for what in ("gates", "cells"))
    for turn in range(max(len(at_gates), len(at_cells))):
        if gates and turn < len(at_gates):
            given = at_gates[turn]
            parts = np.split(heat(given[0], length_of(samples, index, given.shape[1])), len(gates))
            title = say("Gates{turn}", turn=_place(spec, turn))
            found.append(View(title, tuple(zip(gates, parts, strict=True)), -1.0, say("units")))
        if turn < len(at_cells):
            found.append(_over_steps(say("Cell{turn}", turn=_place(spec, turn)), at_cells[turn], samples, index))
    given = over_steps(node, answers)
    if given is not None:
        found.append(_over_steps(say("Output"), given, samples, index))
    return found


def _kind(spec: object, port: str) -> str:
    """Which attention it is, of a layer that has two."""
    if not isinstance(spec, Layer) or "self_weights" not in spec.outputs:
        return ""
    return say(", over itself") if port == "self_weights" else say(", over the memory")


def _place(spec: object, turn: int) -> str:
    """Which layer and direction of a recurrent one it is; its number, where that is inside a block. turn: from 0."""
    if not isinstance(spec, Recurrent):
        return f" {turn + 1}" if turn else ""
    layer, back = divmod(turn, spec.directions)
    if spec.layers == 1:
        return "" if not spec.bidirectional else say(", backwards") if back else say(", forwards")
    if not spec.bidirectional:
        return say(", layer {layer}", layer=layer + 1)
    return say(", layer {layer}, backwards" if back else ", layer {layer}, forwards", layer=layer + 1)


def _over_steps(title: str, given: Array, samples: Samples, index: int) -> View:
    values = heat(given[0], length_of(samples, index, given.shape[1]))
    finite = values[np.isfinite(values)]
    return View(title, (("", values),), -max(float(np.abs(finite).max(initial=0.0)), 1e-12), say("units"))


class HeatMaps(Painted):
    """Pictures side by side on one scale, with the steps' tokens or numbers under them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 0, say("Values over the steps"), parent)
        self.view: View | None = None
        self.words: tuple[str, ...] = ()
        self.setMinimumSize(120, 90)

    def show_view(self, view: View | None, words: tuple[str, ...]) -> None:
        """words: what the steps are, or () to number them."""
        self.view, self.words = view, words
        if view is not None:
            shapes = strung(
                strung((name or view.title, f"{values.shape[0]}×{values.shape[1]}"), ": ") for name, values in view.pictures
            )
            self.setAccessibleDescription(
                say(
                    "{view}, {down} down, {across} across. {shapes}",
                    view=say(view.title),
                    down=view.down,
                    across=view.across,
                    shapes=shapes,
                )
            )
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        view = self.view
        if view is None:
            return
        count = len(view.pictures)
        columns = min(
            range(1, count + 1), key=lambda n: abs(math.log(max(r.width() / n, 1) / max(r.height() / -(-count // n), 1)))
        )
        wide, high = r.width() / columns, (r.height() - 20) / -(-count // columns)
        for k, (name, values) in enumerate(view.pictures):
            self._draw_one(
                p, QRectF(r.x() + k % columns * wide, r.y() + k // columns * high, wide - 8, high - 4), name, values, view
            )
        self._draw_scale(p, QRectF(r.x() + 14, r.bottom() - 17, r.width() - 22, 16), view)

    def _draw_one(self, p: QPainter, r: QRectF, name: str, values: Array, view: View) -> None:
        top = 14.0 if name else 2.0
        put(p, QRectF(r.x() + 14, r.y() - 1, r.width() - 14, 14), name, 10, "text", True)
        area = QRectF(r.x() + 14, r.y() + top, r.width() - 14, r.height() - top - 14)
        if area.width() < 8 or area.height() < 8 or not values.size:
            return
        limit = -view.low if view.low < 0 else max(float(np.nanmax(values, initial=0.0)), 1e-12)
        part = np.clip(np.nan_to_num(values / limit), -1, 1)
        words = np.ascontiguousarray(theme().lut[((part + 1) * 127.5).astype(np.uint8)])
        image = QImage(words.data, words.shape[1], words.shape[0], 4 * words.shape[1], QImage.Format.Format_RGB32)
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        p.drawImage(area, image)
        p.save()
        p.translate(r.x() + 6, area.center().y())
        p.rotate(-90)
        put(p, QRectF(-area.height() / 2, -7, area.height(), 14), view.down, 10, "text3", how=CENTRE)
        p.restore()
        self._draw_steps(p, QRectF(area.x(), area.bottom() + 1, area.width(), 13), values.shape[1], say(view.across))

    def _draw_steps(self, p: QPainter, r: QRectF, steps: int, across: str) -> None:
        """Under each step its token where there is room, else the first and the last number."""
        each = r.width() / steps
        if len(self.words) == steps and max(width_of(word, 9) for word in self.words) + 1 <= each:
            for k, word in enumerate(self.words):
                put(p, QRectF(r.x() + k * each, r.y(), each, r.height()), word, 9, "text2", how=CENTRE)
            return
        put(p, r, "1", 9, "text3", how=LEFT)
        put(p, r, f"{steps:,}" if steps > 1 else "", 9, "text3", how=RIGHT)
        put(p, r, across, 10, "text3", how=CENTRE)

    def _draw_scale(self, p: QPainter, r: QRectF, view: View) -> None:
        lut = theme().lut if view.low < 0 else theme().lut[128:]
        low, high = (short(view.low), short(-view.low)) if view.low < 0 else ("0", say("greatest of each"))
        bar = QImage(np.ascontiguousarray(lut).data, len(lut), 1, 4 * len(lut), QImage.Format.Format_RGB32)
        left = width_of(low, 9) + 5
        put(p, r, low, 9, "text2", how=LEFT)
        p.drawImage(QRectF(r.x() + left, r.center().y() - 3, 110, 7), bar)
        put(p, QRectF(r.x() + left + 115, r.y(), r.width() - left - 115, r.height()), high, 9, "text2", how=LEFT)


class StepsPanel(QWidget):
    """Follows the selected node, else the first one with steps; the samples can be leafed through."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.sample = session, 0
        self.maps, self.none = HeatMaps(), Empty("rnn", *NONE, top=60)
        self.name, self.what, self.answer = Label("", 12, "text", True), ComboField(), Label("", 11, "text2")
        self.back, self.on = Button("", "icon", "left", small=True), Button("", "icon", "right", small=True)
        self._views: list[View] = []
        self._vain: tuple[object, ...] | None = None
        self._wished = ""
        self._answering = Answering(session)
        self._last = 0.0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.feed)
        self._assemble()
        for signal in (session.selection_changed, session.samples_changed, session.inspection_changed, session.scope_changed):
            signal.connect(self._soon.start)
        session.turns.follow(self, self.feed, EVERY_S)
        session.run_changed.connect(self._on_tick)
        theme().changed.connect(self.maps.update)

    def _assemble(self) -> None:
        self.what.setAccessibleName(say("What to look at"))
        self.what.setMinimumWidth(140)
        self.what.setMaximumWidth(260)  # "Attention weights, over the memory"
        self.what.activated.connect(self._choose)
        for button, name, by in ((self.back, say("Sample before"), -1), (self.on, say("Next sample"), 1)):
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.clicked.connect(lambda _=False, by=by: self.leaf(by))
        body = QWidget()
        head, choice = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(6)
        for part in (self.name, self.back, self.answer, self.on):
            head.addWidget(part, 1 if part is self.name else 0)
        choice.addWidget(self.what, 1)
        choice.addStretch()
        self.answer.setMinimumWidth(118)
        self.answer.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(body)
        column.setContentsMargins(11, 6, 8, 6)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(choice)
        column.addWidget(self.maps, 1)
        self.pages = QStackedLayout(self)
        self.pages.addWidget(self.none)
        self.pages.addWidget(body)

    def leaf(self, by: int) -> None:
        """Show another sample."""
        samples = self.session.samples
        if samples is not None and samples.count:
            self.sample = (self.sample + by) % samples.count
            self.feed()

    def _choose(self, at: int) -> None:
        self._wished = self.what.itemText(at)
        self._show()

    def _on_tick(self) -> None:
        if not self.session.run.going and self.isVisible() and not self._soon.isActive():
            self._soon.start(max(0, math.ceil(1000 * (EVERY_S - (time.monotonic() - self._last)))))

    def feed(self) -> None:
        """Work out what the layer gives now, if anyone can see it."""
        self._soon.stop()
        if not self.isVisible():
            return
        self._last = time.monotonic()
        samples = self.session.samples
        project = self.session.project
        about = project.network, project.blocks, project.data, samples, self.session.selection, self.session.scope.path
        if self._vain is not None and all(a is b for a, b in zip(about, self._vain, strict=True)):
            return
        node, answers = None, self._answers(samples)
        for node in [*self.session.selected_nodes(), *self._telling(answers)]:
            self._views = views_of(node, answers, samples, self.sample) if samples is not None else []
            if self._views:
                break
        else:
            self._views = []
        self._vain = None if self._views else about  # what a layer can show is a matter of shapes, which no step changes
        self.pages.setCurrentIndex(bool(self._views))
        if node is None or samples is None or not self._views:
            return
        self.name.show_text(node.name)
        self.answer.show_text(say("sample {sample} of {count}", sample=f"{self.sample + 1:,}", count=f"{samples.count:,}"))
        titles = [say(view.title) for view in self._views]
        if titles != [self.what.itemText(k) for k in range(self.what.count())]:
            self.what.clear()
            self.what.addItems(titles)
            self.what.view().setMinimumWidth(round(max(width_of(title, 12) for title in titles)) + ComboField.frame)
        self.what.setCurrentIndex(titles.index(self._wished) if self._wished in titles else 0)
        self._show()

    def _telling(self, answers: dict[str, Array]) -> list[Node]:
        """Nodes with attention weights or gates, to look at while none is selected."""
        if self.session.selected_nodes():
            return []
        nodes = self.session.view.network.nodes
        return [node for node in nodes if f"{node.name}:weights" in answers or f"{node.name}:gates" in answers]

    def _show(self) -> None:
        at = self.what.currentIndex()
        samples = self.session.samples
        if 0 <= at < len(self._views) and samples is not None:
            there = samples.x[self.sample, : samples.length(self.sample)]
            words = tuple(map(samples.token_name, there.reshape(-1))) if samples.tokens else ()
            self.maps.show_view(self._views[at], words)
            self.what.setToolTip(say(self._views[at].title))  # a narrow panel cuts it

    def _answers(self, samples: Samples | None) -> dict[str, Array]:
        if samples is None or not samples.count:
            return {}
        self.sample = min(self.sample, samples.count - 1)
        x = samples.x[self.sample : self.sample + 1]
        found = self._answering.answers(samples, x, length_columns(samples, [self.sample]))
        return LocalNames(self.session.project, self.session.scope).answers(found)

    def keyPressEvent(self, event: Any) -> None:
        if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.leaf(-1 if event.key() == Qt.Key.Key_PageUp else 1)
            return
        super().keyPressEvent(event)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.feed()


register_panel(
    Panel(
        id="steps",
        title=meant("Steps", "of a sequence"),
        icon="rnn",
        places={"train": "bottom-right"},
        factory=StepsPanel,
        order=25,
        least=(340, 220),
    )
)
