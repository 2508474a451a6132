"""Why is it slow: where the time of a training step goes, layer by layer, and what each layer takes of memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from playground.training import messages
from playground.training.durations import in_words
from playground.training.memory import in_words as bytes_in_words
from playground.training.messages.analysis import LayerCost, LayersTimed, PreflightDone, TimeLayers
from playground.ui.bench import bench_of
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import RIGHT, Painted, box, put, rule
from playground.ui.panel import Panel, dialogs, register_panel
from playground.ui.theme import theme
from playground.words import percent, say, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

SECONDS = 1.0
ROW = 23
TABLE_WIDE = 620  # pixels that the columns take
#: Share of a step from which on a layer is named.
NOTABLE = 0.35
PARTS = (("forward", 1), ("backward", 2), ("update", 3))


def verdict(layers: Sequence[LayerCost]) -> str:
    """What the times say, and what may be done."""
    whole = sum(layer.seconds for layer in layers)
    if not layers or whole <= 0:
        return ""
    top = max(layers, key=lambda layer: layer.seconds)
    share = f"{100 * top.seconds / whole:.0f}"
    if not top.node:
        return say(
            "Taking samples and checking numbers is {share} % of a step: the network is too small to be slow.", share=share
        )
    if top.seconds < NOTABLE * whole:
        return say("No layer stands out: the longest, {layer}, takes {share} % of a step.", layer=top.node, share=share)
    directions = {say("forward"): top.forward, say("backward"): top.backward, say("update"): top.update}
    most = max(directions, key=lambda name: directions[name])
    return say("{layer} takes {share} % of a step, most of it {direction}.", layer=top.node, share=share, direction=most)


class TimeTable(Painted):
    """Layer, a bar of forward, backward and update, times, memory; the longest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW * 2, 0, say("Time of layers"), parent)
        self.rows: list[LayerCost] = []

    def show_layers(self, layers: Sequence[LayerCost]) -> None:
        self.rows = sorted(layers, key=lambda layer: -layer.seconds)
        whole = sum(layer.seconds for layer in layers) or 1.0
        self.setFixedHeight(ROW * (max(len(self.rows), 1) + 1) + 2)
        self.setAccessibleDescription(
            strung((f"{self.name(row)} {100 * row.seconds / whole:.0f} % {in_words(row.seconds)}" for row in self.rows), "; ")
        )
        self.update()

    @staticmethod
    def name(row: LayerCost) -> str:
        return row.node or say("samples, checks")

    def draw(self, p: QPainter, r: QRectF) -> None:
        p.fillRect(r, theme().color("panel"))
        name, bar = 124.0, max(70.0, r.width() - 124 - 56 - 3 * 66 - 2 * 72 - 20)
        ends = [name + bar + 48 + 66 * at for at in range(4)]
        ends += [ends[3] + 72, ends[3] + 144]
        titles = (say("Share"), say("Forward"), say("Backward"), say("Update"), say("Weights"), say("Outputs"))
        put(p, QRectF(10, 0, name, ROW), say("Layer"), 11, "text2", True)
        for end, title in zip(ends, titles, strict=True):
            put(p, QRectF(end - 70, 0, 70, ROW), title, 11, "text2", True, RIGHT)
        rule(p, 0, 0, r.width())
        whole = sum(row.seconds for row in self.rows) or 1.0
        longest = max([row.seconds for row in self.rows], default=0.0) or 1.0
        for at, row in enumerate(self.rows, 1):
            y = at * float(ROW)
            rule(p, 0, y, r.width())
            put(p, QRectF(10, y, name - 16, ROW), self.name(row), 11, "text" if row.node else "text2")
            self._draw_bar(p, QRectF(name, y + 7, bar * row.seconds / longest, ROW - 13), row)
            words = (
                percent(f"{100 * row.seconds / whole:.1f}"),
                *(in_words(took) if took > 0 else "" for took in (row.forward, row.backward, row.update)),
                *(bytes_in_words(size) if size else "" for size in (row.weight_bytes, row.output_bytes)),
            )
            for end, word in zip(ends, words, strict=True):
                put(p, QRectF(end - 70, y, 70, ROW), word, 11, "text", how=RIGHT)
        if not self.rows:
            rule(p, 0, ROW, r.width())
            put(p, QRectF(10, ROW, r.width() - 20, ROW), say("Nothing measured yet. Press Measure."), 11, "text3")

    def _draw_bar(self, p: QPainter, r: QRectF, row: LayerCost) -> None:
        x = r.x()
        for part, color in PARTS:
            wide = r.width() * getattr(row, part) / row.seconds if row.seconds > 0 else 0.0
            if wide >= 0.5:
                box(p, QRectF(x, r.y(), wide, r.height()), 1, theme().series(color)[0], None)
            x += wide


class Key(Painted):
    """What the colours of the bars mean."""

    def __init__(self) -> None:
        super().__init__(20, 230)

    def draw(self, p: QPainter, r: QRectF) -> None:
        x = 0.0
        for (_, color), text in zip(PARTS, (say("forward"), say("backward"), say("update")), strict=True):
            box(p, QRectF(x, 6, 9, 9), 1, theme().series(color)[0], None)
            put(p, QRectF(x + 14, 0, 70, 20), text, 11, "text2")
            x += 76


class TimingPanel(QWidget):
    """Measures when asked; a pre-flight fills it too."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.bench = session, bench_of(session)
        self.table, self.told = TimeTable(), Label("", 12, "text")
        self.again, self.batch = (
            Button(say("Measure"), "secondary", small=True),
            Button(say("Find batch size"), "secondary", small=True),
        )
        self.mine = False
        top = QHBoxLayout()
        top.setContentsMargins(10, 5, 10, 5)
        top.setSpacing(8)
        top.addWidget(self.told, 1)
        self.key = Key()
        for part in (self.key, self.batch, self.again):
            top.addWidget(part)
        self.table.setMinimumWidth(TABLE_WIDE)
        area = QScrollArea()
        area.setWidget(self.table)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(area, 1)
        self.again.clicked.connect(self.start)
        self.batch.clicked.connect(lambda: dialogs()["batch_finder"].open(self.session, self.window()))
        self.bench.heard.connect(self._heard)
        session.replaced.connect(self.forget)
        self.forget()
        if self.bench.layers:
            self._show(self.bench.layers)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.key.setVisible(self.width() >= TABLE_WIDE)  # the columns say it too

    def start(self) -> None:
        """Measure anew."""
        why = self.bench.ask(TimeLayers(seconds=SECONDS))
        self.mine = not why
        self.told.show_text(why or say("measuring"), "error" if why else "text2")

    def forget(self) -> None:
        self.mine = False
        self.table.show_layers(())
        self.told.show_text(say("Where does the time of a step go?"), "text2")

    def _heard(self, event: object) -> None:
        if (isinstance(event, LayersTimed) and self.mine) or (isinstance(event, PreflightDone) and event.layers):
            self._show(event.layers)
        elif isinstance(event, messages.Failed | messages.Died | messages.Warned) and self.mine:
            self.told.show_text(say(event.text), "error")

    def _show(self, layers: Sequence[LayerCost]) -> None:
        self.table.show_layers(layers)
        step = sum(layer.seconds for layer in layers)
        self.told.show_text(say("A step takes {step}. {verdict}", step=in_words(step), verdict=verdict(layers)), "text")


register_panel(
    Panel(
        id="timing", title="Time of layers", icon="clock", places={"build": "bottom", "train": "bottom"}, factory=TimingPanel, order=60,
        least=(420, 140),
    )
)  # fmt: skip
