"""Cards of the examples gallery: a picture of the project's own data, its name, what it is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QEnterEvent, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QWidget

from playground.core.samples import Samples
from playground.core.spec import Loss
from playground.document.project import Project
from playground.paths import assets_dir
from playground.ui.canvas.sequences import paint_strip, strip_of
from playground.ui.painting import AA, RIGHT, box, chip, elided, group_color, put, rule, stamp, width_of
from playground.ui.plots.series import polygon
from playground.ui.plots.surface import POINT_INKS
from playground.ui.theme import theme
from playground.words import say

#: The least size; a card grows in width with the page.
CARD = (236, 244)
PICTURE = 157


@dataclasses.dataclass(frozen=True)
class Example:
    """A project that comes with the program. group: "Classify" or "Regress", "" if it could not be read."""

    path: Path
    title: str
    about: str
    group: str = ""
    project: Project | None = None
    topics: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Everything that a search looks through."""
        nodes = self.project.network.nodes if self.project else ()
        return " ".join(
            [
                self.title,
                say(self.title),
                self.about,
                say(self.about),
                self.group,
                *(getattr(node.spec, "title", "") for node in nodes),
            ]
        ).casefold()


def example_of(path: Path, project: Project) -> Example:
    """The card's words, from the project itself."""
    losses = [node.spec for node in project.network.of_kind("loss")]
    values = bool(losses) and isinstance(losses[0], Loss) and losses[0].target == "values"
    layers = len(project.network.of_kind("layer"))
    about = project.about.strip().splitlines()[0] if project.about.strip() else say("{layers} layers", layers=layers)
    group = "Regress" if values else "Classify"
    return Example(path, project.name, about, group, project, (group, *_topics(project)))


def _topics(project: Project) -> Iterator[str]:
    """What the data is, as far as the network tells."""
    sources = project.network.of_kind("dataset")
    what = getattr(sources[0].spec, "samples_are", "") if sources else ""
    groups = {getattr(node.spec, "group", "") for node in project.network.of_kind("layer")}
    if what == "images":
        yield "Images"
    elif groups & {"Sequence", "Attention"}:
        yield "Sequences"
    elif what == "table":
        yield "Tables"


#: What a line keeps together: a word with the space behind it, or a Chinese letter with the mark behind it, which begins no line.
_BREAKS = re.compile(r"[\u2e80-\u9fff][，。；：、？！）”]*|[^\s\u2e80-\u9fff]+\s*|\s+")


def two_lines(text: str, room: float) -> list[str]:
    """The text on two lines of 11 px, broken between words, the second cut with an ellipsis where it is too long."""
    first = ""
    words = _BREAKS.findall(text)
    while words and width_of((first + words[0]).rstrip(), 11) <= room:
        first += words.pop(0)
    return [first.rstrip(), elided("".join(words), room, 11)] if first else [elided(text, room, 11)]


class ExampleCard(QAbstractButton):
    """A card; a click, Enter or Space opens the example."""

    def __init__(self, example: Example, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.example = example
        self.samples: Samples | None = None
        self.setText(say(example.title))
        self.setAccessibleName(say("Example {example}", example=say(example.title)))
        self.setAccessibleDescription(say(example.about))
        self.setToolTip(say(example.about))
        self.setFixedSize(*CARD)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_samples(self, samples: Samples) -> None:
        """Draw these."""
        self.samples = samples
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def keyPressEvent(self, event: object) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # type: ignore[attr-defined]
            self.click()
            return
        super().keyPressEvent(event)  # type: ignore[arg-type]

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        lit = self.hasFocus() or self.underMouse()
        box(p, r, 6, theme().color("base"), theme().color("accent" if lit else "border"), 2 if lit else 1)
        inner = QRectF(2, 2, r.width() - 4, PICTURE - 2)
        shape = QPainterPath()
        shape.addRoundedRect(inner, 5, 5)
        p.save()
        p.setClipPath(shape)
        self._draw_picture(p, inner)
        p.restore()
        rule(p, 1, PICTURE, r.width() - 2)
        put(p, QRectF(12, PICTURE + 9, r.width() - 24, 20), say(self.example.title), 13, "text", True)
        for k, line in enumerate(two_lines(say(self.example.about), r.width() - 24)):
            put(p, QRectF(12, PICTURE + 29 + 14 * k, r.width() - 24, 16), line, 11, "text2")
        put(p, QRectF(12, PICTURE + 65, r.width() - 24, 16), say(self.example.group), 11, "text3", how=RIGHT)
        project = self.example.project
        if project is not None:
            stamp(p, 18, PICTURE + 73, "clock", "text3", 13)
            put(p, QRectF(29, PICTURE + 65, 120, 16), say("{epochs} epochs", epochs=f"{project.training.epochs:,}"), 11, "text3")
        p.end()

    def _draw_picture(self, p: QPainter, r: QRectF) -> None:
        stored = stored_picture(self.example, theme().mode)
        if stored is not None:
            picture = QPixmap(str(stored))
            p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            whole = QRectF(picture.rect())  # of which what does not fit is cut off; nothing is stretched
            share = min(whole.width() / r.width(), whole.height() / r.height())
            part = QRectF(0, 0, r.width() * share, r.height() * share)
            part.moveCenter(whole.center())
            p.drawPixmap(r, picture, part)
        elif self.samples is not None:
            draw_samples(p, r, self.samples)
        elif self.example.project is not None:
            self._draw_chain(p, r)

    def _draw_chain(self, p: QPainter, r: QRectF) -> None:
        """The network as a row of chips, until the data is there."""
        nodes = (self.example.project or Project()).network.nodes[:8]
        x = r.center().x() - 14.0 * len(nodes)
        for node in nodes:
            chip(
                p,
                x,
                r.center().y() - 11,
                22,
                getattr(node.spec, "icon", "block"),
                group_color(node.spec.kind, getattr(node.spec, "group", "")),
                "base",
            )
            x += 28


def stored_picture(example: Example, mode: str) -> Path | None:
    """A picture of a shipped example after training, in a theme; None where there is none."""
    path = assets_dir() / "pictures" / f"{example.path.stem}_{mode}.png"
    return path if example.path.is_relative_to(assets_dir()) and path.is_file() else None


def draw_samples(p: QPainter, r: QRectF, samples: Samples) -> None:
    """Images as a mosaic, sequences one below the other, one input against the target, more as a scatter of the first two of many values."""
    if len(samples.shape) == 3:
        _draw_mosaic(p, r, samples)
        return
    if samples.steps:
        _draw_sequences(p, r, samples)
        return
    step = -(-samples.count // 400)
    x = samples.x.reshape(samples.count, -1)[::step].astype(float)
    y = samples.y.reshape(samples.count, -1)[::step, 0].astype(float)
    telling = sorted(range(x.shape[1]), key=lambda k: -min(len(np.unique(x[:, k])), 30))  # yes-or-no columns last
    across, up = (x[:, 0], y) if x.shape[1] == 1 else (x[:, telling[0]], x[:, telling[1]])
    pixels = np.stack([_spread(across, r.x() + 14, r.right() - 14), _spread(up, r.bottom() - 14, r.y() + 14)], 1)
    p.setRenderHint(AA)
    for ink, chosen in _groups(samples, y, x.shape[1]):
        for color, wide in ((QColor("#FFFFFF"), 7.5), (ink, 5.5)):
            p.setPen(QPen(color, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            p.drawPoints(polygon(pixels[chosen]))


def _draw_sequences(p: QPainter, r: QRectF, samples: Samples) -> None:
    """The longest of the first sequences, with the class of every step where there is one."""
    rows = 4 if samples.per_step or not samples.tokens else 6
    first = sorted(range(min(samples.count, 40)), key=lambda k: -samples.length(k))[:rows]
    inner = r.adjusted(14, 10, -14, -10)
    high = inner.height() / rows
    for k, index in enumerate(first):
        strip = strip_of(samples, index)
        if strip is not None:
            paint_strip(p, QRectF(inner.x(), inner.y() + k * high, inner.width(), high - 4), strip)


def _groups(samples: Samples, y: np.ndarray, inputs: int) -> list[tuple[QColor, np.ndarray]]:
    if samples.task == "classification":
        inks = [QColor(ink) for ink in POINT_INKS] if samples.classes == 2 else [theme().series(k + 1)[0] for k in range(8)]
        return [(inks[k % len(inks)], y == k) for k in range(samples.classes)]
    if inputs == 1:
        return [(theme().series(1)[0], np.ones(len(y), bool))]
    level = np.argsort(np.argsort(y)) * 7 // max(len(y), 1)
    return [(QColor(int(theme().lut[int(k * 255 / 6)])), level == k) for k in range(7)]


def _spread(values: np.ndarray, low: float, high: float) -> np.ndarray:
    span = float(np.ptp(values)) or 1.0
    return low + (values - values.min()) / span * (high - low)


def _draw_mosaic(p: QPainter, r: QRectF, samples: Samples) -> None:
    columns, rows, side = 7, 4, min(r.width() / 7.6, r.height() / 4.3)
    x = samples.x[: columns * rows]
    span = float(x.max() - x.min()) or 1.0
    grey = ((x - x.min()) / span * 255).astype(np.uint8)
    grey = grey if theme().dark else 255 - grey
    left, top = r.center().x() - columns * side / 2, r.center().y() - rows * side / 2
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    for k, picture in enumerate(grey):
        rgb = np.ascontiguousarray(np.repeat(picture[..., :1], 3, axis=2) if picture.shape[2] < 3 else picture[..., :3])
        height, width = rgb.shape[:2]
        image = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        p.drawImage(QRectF(left + (k % columns) * side, top + (k // columns) * side, side - 2, side - 2), image)
