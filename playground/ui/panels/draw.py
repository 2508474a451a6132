"""A picture of your own for the network: draw it, and see the answer follow every stroke."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from playground.core.samples import Samples
from playground.core.spec import Loss
from playground.ui.answering import Answering
from playground.ui.inspector.controls import Button
from playground.ui.inspector.foot import Empty
from playground.ui.inspector.text import Label
from playground.ui.painting import RIGHT, Painted, box, elided, put
from playground.ui.panel import Panel, register_panel
from playground.ui.plots.pixel_pad import PixelPad
from playground.ui.theme import theme
from playground.words import named, percent, say

if TYPE_CHECKING:
    from playground.ui.session import Session

MOST_SIDE, MOST_BARS, ROW = 64, 12, 20
#: Seconds between two answers while a run goes on.
EVERY_S = 0.5


class Bars(Painted):
    """Shares of the classes, the likeliest in the accent's colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 120, say("Answer"), parent)
        self.names: tuple[str, ...] = ()
        self.shares = np.zeros(0)

    def show_shares(self, names: tuple[str, ...], shares: np.ndarray) -> None:
        """Shapes: (classes,)."""
        order = np.sort(np.argsort(-shares, kind="stable")[:MOST_BARS])
        self.names, self.shares = tuple(names[k] for k in order), shares[order]
        best = int(shares.argmax()) if len(shares) else 0
        words = say("{name}, {share} %", name=names[best], share=f"{100 * shares[best]:.0f}") if len(shares) else ""
        self.setAccessibleDescription(words)
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        if not len(self.shares):
            return
        row = min(ROW, r.height() / len(self.shares))
        best, wide = int(self.shares.argmax()), min(90.0, r.width() * 0.35)
        for k, (name, share) in enumerate(zip(self.names, self.shares, strict=True)):
            y = r.y() + k * row
            put(
                p,
                QRectF(r.x(), y, wide - 8, row),
                elided(name, wide - 8, 11),
                11,
                "text" if k == best else "text2",
                k == best,
                RIGHT,
            )
            track = QRectF(r.x() + wide, y + row / 2 - 5, r.width() - wide - 44, 10)
            box(p, track, 2, theme().color("border"), None)
            part = QRectF(track.x(), track.y(), track.width() * float(np.clip(share, 0, 1)), track.height())
            box(p, part, 2, theme().color("accent" if k == best else "strong"), None)
            ink = "text" if k == best else "text2"
            put(p, QRectF(r.right() - 42, y, 42, row), percent(f"{100 * share:.0f}"), 11, ink, how=RIGHT)


class DrawPanel(QWidget):
    """Pictures with one channel or several alike, at most 64 pixels wide, of which the network tells the class."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.sample = session, -1
        self.pad, self.bars = PixelPad(), Bars()
        self.clear, self.take = (
            Button(say("Clear"), "secondary", small=True),
            Button(say("Take a sample"), "secondary", small=True),
        )
        self.said = Label("", 11, "text2")
        self.none = Empty(
            "image", say("Nothing to draw for"), say("Choose data of small pictures, such as Digits, and a loss over classes.")
        )
        self._answering = Answering(session)
        self._assemble()
        self.pad.drawn.connect(self.answer)
        self.clear.clicked.connect(self.pad.clear)
        self.take.clicked.connect(self.take_sample)
        session.samples_changed.connect(self.refresh)
        session.inspection_changed.connect(self.refresh)
        session.turns.follow(self, self.answer, EVERY_S)
        session.run_changed.connect(self.answer)
        self.refresh()

    def _assemble(self) -> None:
        body = QWidget()
        foot = QHBoxLayout()
        foot.setSpacing(6)
        for part in (self.clear, self.take):
            foot.addWidget(part)
        foot.addWidget(self.said, 1)
        both = QHBoxLayout()
        both.setSpacing(12)
        both.addWidget(self.pad, 1)
        both.addWidget(self.bars, 1)
        column = QVBoxLayout(body)
        column.setContentsMargins(11, 8, 11, 8)
        column.setSpacing(8)
        column.addLayout(both, 1)
        column.addLayout(foot)
        self.pages = QStackedLayout(self)
        self.pages.addWidget(self.none)
        self.pages.addWidget(body)

    def judge(self) -> tuple[str, Loss] | None:
        """The node whose answer a loss over classes judges, and that loss."""
        network = self.session.project.network
        names = {node.id: node.name for node in network.nodes}
        for node in network.of_kind("loss"):
            if isinstance(node.spec, Loss) and node.spec.target == "class":
                for link in network.links:
                    if link.target == node.id and link.port == 0:
                        return names[link.source], node.spec
        return None

    def refresh(self) -> None:
        """Follow data and network."""
        samples = self.session.samples
        fits = samples is not None and len(samples.shape) == 3 and max(samples.shape[:2]) <= MOST_SIDE and samples.classes > 1
        self.pages.setCurrentIndex(bool(fits and self.judge() is not None))
        if fits and samples is not None and self.pad.picture.shape != samples.shape[:2]:
            self.sample = -1
            self.pad.show_picture(np.zeros(samples.shape[:2]))
        self.answer()

    def take_sample(self) -> None:
        """Put the next sample of the data on the pad."""
        samples = self.session.samples
        if samples is None or not samples.count:
            return
        self.sample = (self.sample + 1) % samples.count
        low, high = _range(samples)
        self.pad.show_picture((samples.x[self.sample].mean(axis=-1) - low) / (high - low))
        self.answer()

    def answer(self) -> None:
        """Ask the network for what is drawn now, if anyone can see it."""
        samples, judge = self.session.samples, self.judge()
        if not self.isVisible() or samples is None or judge is None or self.pad.picture.shape != samples.shape[:2]:
            return
        trained = self.session.client.step or self.session.file_sets
        started = "" if trained else say("Start weights: train first.")
        if not self.pad.picture.any():  # nobody asks what an empty picture is
            self.bars.show_shares((), np.zeros(0))
            self.said.show_text(started)
            return
        low, high = _range(samples)
        x = np.repeat((low + (high - low) * self.pad.picture)[None, :, :, None], samples.shape[2], axis=3).astype(np.float32)
        given = self._answering.answers(samples, x).get(judge[0])
        shares = None if given is None else np.asarray(judge[1].respond(given), float).reshape(-1)
        if shares is None or shares.shape != (samples.classes,) or not np.isfinite(shares).all():
            self.bars.show_shares((), np.zeros(0))
            self.said.show_text(say("The network gives no classes for a picture yet."))
            return
        self.bars.show_shares(tuple(map(named, samples.class_names)), shares)
        self.said.show_text(started)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.answer()


def _range(samples: Samples) -> tuple[float, float]:
    """The numbers of ground and full ink."""
    low, high = float(samples.x.min()), float(samples.x.max())
    return low, high if high > low else low + 1.0


register_panel(
    Panel(id="draw", title="Draw", icon="paint", places={"train": "bottom-right"}, factory=DrawPanel, order=25, least=(340, 220))
)
