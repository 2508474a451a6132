"""Draws the pictures of the start page: what each example knows once it is trained.

`python -m tests.pictures.cards` trains every shipped example and writes assets/pictures/<example>_<theme>.png anew, about a minute;
names behind it choose.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

import playground as pg
from playground.training.surfaces import coded
from playground.ui import theme
from playground.ui.app import make_application
from playground.ui.painting import CENTRE, put
from playground.ui.plots.surface import POINT_INKS
from tests.pictures.make import small_png

ROOT = Path(__file__).resolve().parents[2]
WIDE, HIGH, PIXELS = 254, 155, 2
WHOLE = QRectF(0, 0, WIDE, HIGH)
Painting = Callable[[QPainter], None]

CARDS: dict[str, Callable[[pg.Project], Painting]] = {}


def card(make: Callable[[pg.Project], Painting]) -> Callable[[pg.Project], Painting]:
    """Enter the picture of the example of that name: given the trained project, what paints it."""
    CARDS[make.__name__] = make
    return make


def coloured(values: np.ndarray, grey: bool = False) -> QImage:
    """Values as an image: −1 … 1 in the two colours of weights, or 0 … 1 as ink."""
    values = np.nan_to_num(np.asarray(values, float))
    if grey:
        shade = np.clip(values, 0, 1)
        level = ((shade if theme.theme().dark else 1 - shade) * 255).astype(np.uint32)
        words = (0xFF000000 | level * 0x10101).astype(np.uint32)
    else:
        words = theme.theme().lut[coded(np.clip(values, -1, 1), 1.0)].astype(np.uint32)
    words = np.ascontiguousarray(words)
    return QImage(words.data, words.shape[1], words.shape[0], 4 * words.shape[1], QImage.Format.Format_ARGB32).copy()


def signed(values: np.ndarray) -> np.ndarray:
    return values / max(float(np.abs(values).max()), 1e-12)


def grid(
    p: QPainter, pictures: np.ndarray, rows: int, cols: int, area: QRectF = WHOLE, gap: float = 4.0, grey: bool = False
) -> None:
    """Square pictures in rows and columns, in the middle of an area."""
    side = min((area.width() - 16 - gap * (cols - 1)) / cols, (area.height() - 12 - gap * (rows - 1)) / rows)
    left = area.center().x() - (cols * side + (cols - 1) * gap) / 2
    top = area.center().y() - (rows * side + (rows - 1) * gap) / 2
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    for k, picture in enumerate(pictures[: rows * cols]):
        at = QRectF(left + k % cols * (side + gap), top + k // cols * (side + gap), side, side)
        p.drawImage(at, coloured(picture, grey))


def dots(p: QPainter, x: np.ndarray, y: np.ndarray, ink: QColor, wide: float = 5.0) -> None:
    points = QPolygonF([QPointF(*at) for at in zip(x, y, strict=True)])
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    for color, width in ((QColor("#FFFFFF"), wide + 2), (ink, wide)):
        p.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        p.drawPoints(points)


def answers_against_truth(project: pg.Project) -> Painting:
    """What the network answers, upwards, against what is true, across."""
    truth = project.samples().y.reshape(-1)[:300].astype(float)
    answer = project.predict(project.samples().x[:300]).reshape(-1).astype(float)
    low, high = float(min(truth.min(), answer.min())), float(max(truth.max(), answer.max()))

    def paint(p: QPainter) -> None:
        def place(values: np.ndarray, start: float, end: float) -> np.ndarray:
            return start + (values - low) / (high - low) * (end - start)

        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(QPen(theme.theme().color("text3"), 1.5, Qt.PenStyle.DashLine))
        p.drawLine(QPointF(20, HIGH - 12), QPointF(WIDE - 20, 12))
        dots(p, place(truth, 20, WIDE - 20), place(answer, HIGH - 12, 12), theme.theme().series(1)[0])

    return paint


@card
def spiral_mlp(project: pg.Project) -> Painting:
    x, y = project.samples().x, project.samples().y.reshape(-1)
    tall = np.abs(x).max() * 1.08
    reach = tall * WIDE / HIGH
    across, up = np.meshgrid(np.linspace(-reach, reach, 2 * WIDE), np.linspace(tall, -tall, 2 * HIGH))
    scores = project.predict(np.stack([across.reshape(-1), up.reshape(-1)], 1).astype(np.float32))
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    field = (2 * scores[:, 1] / scores.sum(axis=1) - 1).reshape(across.shape)

    def paint(p: QPainter) -> None:
        p.drawImage(WHOLE, coloured(field * 0.85))
        places = (x[:, 0] / reach + 1) * WIDE / 2, (1 - x[:, 1] / tall) * HIGH / 2
        for k in range(2):
            chosen = np.flatnonzero(y == k)[::4]  # all of them would run together into a line
            dots(p, places[0][chosen], places[1][chosen], QColor(POINT_INKS[k]), 4.5)

    return paint


@card
def iris(project: pg.Project) -> Painting:
    x, y = project.samples().x, project.samples().y.reshape(-1).astype(int)
    petals = x[:, 2:4]  # length and width: the two that tell most
    low, high = petals.min(axis=0) - 0.4, petals.max(axis=0) + 0.4
    wide, tall = np.meshgrid(np.linspace(low[0], high[0], WIDE), np.linspace(high[1], low[1], HIGH))
    given = np.tile(x.mean(axis=0), (wide.size, 1)).astype(np.float32)
    given[:, 2], given[:, 3] = wide.reshape(-1), tall.reshape(-1)
    regions = project.predict(given).argmax(axis=1).reshape(wide.shape)
    places = (petals[:, 0] - low[0]) / (high[0] - low[0]) * WIDE, (high[1] - petals[:, 1]) / (high[1] - low[1]) * HIGH

    def paint(p: QPainter) -> None:
        inks = [theme.theme().series(k + 1)[0] for k in range(3)]
        words = np.array([ink.rgb() for ink in inks], np.uint32)[regions]
        words = np.ascontiguousarray(words)
        p.setOpacity(0.35)
        p.drawImage(WHOLE, QImage(words.data, WIDE, HIGH, 4 * WIDE, QImage.Format.Format_RGB32).copy())
        p.setOpacity(1.0)
        for k, ink in enumerate(inks):
            dots(p, places[0][y == k], places[1][y == k], ink)

    return paint


@card
def diabetes(project: pg.Project) -> Painting:
    return answers_against_truth(project)


@card
def adding_lstm(project: pg.Project) -> Painting:
    """How much of each step the memory keeps: states over the steps of one sequence, with its two marks."""
    return over_steps(project, "lstm1")


def over_steps(project: pg.Project, node: str) -> Painting:
    x = project.samples().x[:1]
    given = project.observe(x)
    states = next(array for name, array in given.items() if name.split("/")[0] == node and array.ndim == 3)[0]
    marks = np.flatnonzero(x[0, :, 1] > 0.5)

    def paint(p: QPainter) -> None:
        area = QRectF(14, 12, WIDE - 28, HIGH - 40)
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        p.drawImage(area, coloured(signed(states.T[:20])))
        for at in marks:
            place = area.x() + (at + 0.5) / len(states) * area.width()
            p.setPen(QPen(theme.theme().color("error"), 2))
            p.drawLine(QPointF(place, area.y() - 6), QPointF(place, area.bottom() + 6))
            put(p, QRectF(place - 30, area.bottom() + 7, 60, 16), f"{x[0, at, 0]:.2f}", 11, "text", True, how=CENTRE)

    return paint


@card
def adding_attention(project: pg.Project) -> Painting:
    return over_steps(project, "attention1")


@card
def diabetes_lasso(project: pg.Project) -> Painting:
    """Each input's weight; the penalty has set the rest to zero."""
    weights = next(array for name, array in project.weights.items() if array.ndim == 2).reshape(-1)
    names = project.samples().feature_names[: len(weights)] or tuple(str(k) for k in range(len(weights)))

    def paint(p: QPainter) -> None:
        high = (HIGH - 14) / len(weights)
        reach = (WIDE - 110) / 2 / max(abs(weights).max(), 1e-9)
        middle = 60 + (WIDE - 70) / 2
        for k, (name, weight) in enumerate(zip(names, weights, strict=True)):
            y = 7 + k * high
            put(p, QRectF(10, y, 44, high), name, 10, "text" if weight else "text3", bool(weight))
            ink = QColor(int(theme.theme().lut[30 if weight < 0 else 225]))
            p.fillRect(QRectF(min(middle, middle + weight * reach), y + 3, max(abs(weight) * reach, 0.0), high - 6), ink)
            if not weight:
                put(p, QRectF(middle + 6, y, 40, high), "0", 10, "text3")
        p.setPen(QPen(theme.theme().color("strong"), 1))
        p.drawLine(QPointF(middle, 7), QPointF(middle, HIGH - 7))

    return paint


@card
def digits_mlp(project: pg.Project) -> Painting:
    """What the units of the first layer look for: their weights, as a picture of the pixels."""
    weights = next(array for array in project.weights.values() if array.shape[0] == 64).T
    telling = np.argsort(-np.abs(weights).sum(axis=1))[:28]
    pictures = np.stack([signed(weights[k].reshape(8, 8)) for k in telling])
    return lambda p: grid(p, pictures, 4, 7)


def maps_of(project: pg.Project, nodes: tuple[str, ...], sample: int, each: int) -> list[np.ndarray]:
    """A sample and the strongest maps of some nodes, each as pictures."""
    given = project.observe(project.samples().x[sample : sample + 1])
    found = []
    for node in nodes:
        maps = next(array for name, array in given.items() if name.split("/")[0] == node and array.ndim == 4)[0]
        maps = maps.transpose(2, 0, 1)
        strong = np.argsort(-np.ptp(maps, axis=(1, 2)))[:each]
        found.append(np.stack([signed(maps[k]) for k in sorted(strong)]))
    return found


@card
def digits_cnn(project: pg.Project) -> Painting:
    """A digit, and what 16 filters make of it."""
    digit = project.samples().x[3, :, :, 0]
    (maps,) = maps_of(project, ("relu1",), 3, 16)

    def paint(p: QPainter) -> None:
        grid(p, digit[None] / digit.max(), 1, 1, QRectF(0, 0, 108, HIGH), grey=True)
        grid(p, maps, 4, 4, QRectF(104, 0, WIDE - 104, HIGH), 4)

    return paint


@card
def digits_resnet(project: pg.Project) -> Painting:
    """Three digits, each with a map after every block."""
    rows = []
    for sample in (2, 5, 8):
        digit = project.samples().x[sample, :, :, 0]
        found = maps_of(project, ("conv_bn_relu1", "residual1", "residual2", "halving1"), sample, 1)
        rows.append((digit / digit.max(), [maps[0] for maps in found]))

    def paint(p: QPainter) -> None:
        for k, (digit, maps) in enumerate(rows):
            y, high = 4 + k * (HIGH - 8) / 3, (HIGH - 8) / 3
            grid(p, digit[None], 1, 1, QRectF(6, y - 3, 62, high + 6), grey=True)
            for at, one in enumerate(maps):
                grid(p, one[None], 1, 1, QRectF(58 + at * 47, y - 3, 62, high + 6))

    return paint


def with_answer_below(x: np.ndarray, answers: np.ndarray, each: int) -> np.ndarray:
    """Pictures in pairs of rows: what went in, and what came out below."""
    both = [x[:each], answers[:each], x[each : 2 * each], answers[each : 2 * each]]
    return np.concatenate(both).reshape(4 * each, 8, 8) / float(x.max())


@card
def digits_autoencoder(project: pg.Project) -> Painting:
    x = project.samples().x[:14]
    pictures = with_answer_below(x, project.predict(x).reshape(-1, 8, 8, 1), 7)
    return lambda p: grid(p, pictures, 4, 7, grey=True)


@card
def digits_two_heads(project: pg.Project) -> Painting:
    """Digits drawn again by one head and named by the other."""
    x = project.samples().x[10:20]
    given = project.observe(x)
    drawn = given["reshape1"].reshape(-1, 8, 8)
    drawn = np.clip((drawn - drawn.min()) / np.ptp(drawn), 0, 1)
    named = given["classes"].argmax(axis=1)

    def paint(p: QPainter) -> None:
        for row in range(2):
            top = row * (HIGH - 6) / 2
            for k in range(5):
                at = 5 * row + k
                left = 12 + k * (WIDE - 24) / 5
                grid(p, drawn[at][None], 1, 1, QRectF(left - 8, top - 2, 58, 62), grey=True)
                put(p, QRectF(left, top + 56, 42, 18), str(named[at]), 13, "accent", True, how=CENTRE)

    return paint


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = make_application()
    chosen = sys.argv[1:]
    for name, make in sorted(CARDS.items()):
        if chosen and name not in chosen:
            continue
        project = pg.Project.load(ROOT / "assets" / "examples" / f"{name}.play")
        project.train()
        paint = make(project)
        for mode in ("light", "dark"):
            theme.apply(app, mode)
            image = QImage(WIDE * PIXELS, HIGH * PIXELS, QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(PIXELS)
            image.fill(theme.theme().color("base"))
            p = QPainter(image)
            paint(p)
            p.end()
            small_png(image, f"{name}_{mode}.png")


if __name__ == "__main__":
    main()
