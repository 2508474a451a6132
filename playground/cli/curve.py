"""A picture of learning curves without Qt: for `train --out`, the demo and the rate finder on machines without a display."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

#: Drawn at twice the size and scaled down, which is the whole of the antialiasing.
SCALE = 2
WIDTH, HEIGHT = 900, 480
LEFT, RIGHT, TOP, BOTTOM = 74, 24, 52, 52
INK, FAINT, GRID, PAPER = "#1f2328", "#6a737d", "#e3e6ea", "#ffffff"
COLOURS = ("#2563eb", "#d9480f", "#2b8a3e", "#862e9c")


@dataclasses.dataclass(frozen=True)
class Curve:
    """Points in the order of x. faint: raw values behind a smooth line, drawn thin and pale."""

    name: str
    x: np.ndarray
    y: np.ndarray
    faint: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Axes:
    """What stands around the curves. log: that axis counts in powers of ten. mark: an x to draw a line at, with its text."""

    title: str
    x: str
    y: str
    log_x: bool = False
    log_y: bool = False
    mark: tuple[float, str] | None = None


def save_picture(path: Path, curves: Sequence[Curve], axes: Axes) -> None:
    """Write a PNG. Values that are not finite, or not above zero on a log axis, are left out."""
    from PIL import Image, ImageDraw, ImageFont

    kept = [_cleaned(curve, axes) for curve in curves]
    kept = [curve for curve in kept if len(curve.x)]
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
    draw = ImageDraw.Draw(image)
    fonts = {size: ImageFont.load_default(size * SCALE) for size in (12, 13, 17)}
    frame = _Frame.around(kept, axes)
    _draw_axes(draw, frame, axes, fonts)
    for n, curve in enumerate(kept):
        points = [frame.place(x, y) for x, y in zip(curve.x, curve.y, strict=True)]
        colour = COLOURS[n % len(COLOURS)]
        if len(points) == 1:
            (x, y), r = points[0], 3 * SCALE
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        else:
            draw.line(points, fill="#c3d4f7" if curve.faint else colour, width=SCALE * (1 if curve.faint else 2), joint="curve")
    _draw_legend(draw, kept, fonts[13])
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(path, format="PNG")


def _cleaned(curve: Curve, axes: Axes) -> Curve:
    x, y = np.asarray(curve.x, np.float64), np.asarray(curve.y, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.log10(np.where(x > 0, x, np.nan)) if axes.log_x else x
        y = np.log10(np.where(y > 0, y, np.nan)) if axes.log_y else y
    good = np.isfinite(x) & np.isfinite(y)
    return dataclasses.replace(curve, x=x[good], y=y[good])


@dataclasses.dataclass(frozen=True)
class _Frame:
    """From values to pixels."""

    low_x: float
    high_x: float
    low_y: float
    high_y: float

    @classmethod
    def around(cls, curves: Sequence[Curve], axes: Axes) -> _Frame:
        xs = [value for curve in curves for value in (curve.x.min(), curve.x.max())] or [0.0, 1.0]
        ys = [value for curve in curves for value in (curve.y.min(), curve.y.max())] or [0.0, 1.0]
        room = 0.06 * (max(ys) - min(ys)) or 0.5
        low_y = 0.0 if not axes.log_y and 0 <= min(ys) < 0.35 * max(ys) else min(ys) - room
        return cls(min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1.0, low_y, max(ys) + room)

    def place(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.low_x) / (self.high_x - self.low_x)
        up = (y - self.low_y) / (self.high_y - self.low_y)
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return ((LEFT + across * wide) * SCALE, (HEIGHT - BOTTOM - up * high) * SCALE)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers between low and high, at most so many."""
    if not high > low:
        return [low]
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    whole = [float(n) for n in range(math.ceil(low), math.floor(high) + 1)]
    return whole if len(whole) >= 2 else ticks(low, high, 4)


def _shown(value: float, log: bool) -> str:
    return f"{10**value:.3g}" if log else f"{0.0 if abs(value) < 1e-12 else value:,.6g}"


def _draw_axes(draw: ImageDraw, frame: _Frame, axes: Axes, fonts: Mapping[int, Font]) -> None:
    left, bottom = frame.place(frame.low_x, frame.low_y)
    right, top = frame.place(frame.high_x, frame.high_y)
    for value in _log_ticks(frame.low_y, frame.high_y) if axes.log_y else ticks(frame.low_y, frame.high_y):
        _, y = frame.place(frame.low_x, value)
        draw.line((left, y, right, y), fill=GRID, width=SCALE)
        draw.text((left - 8 * SCALE, y), _shown(value, axes.log_y), fill=FAINT, font=fonts[12], anchor="rm")
    for value in _log_ticks(frame.low_x, frame.high_x) if axes.log_x else ticks(frame.low_x, frame.high_x, 8):
        x, _ = frame.place(value, frame.low_y)
        draw.line((x, bottom, x, bottom + 4 * SCALE), fill=FAINT, width=SCALE)
        draw.text((x, bottom + 8 * SCALE), _shown(value, axes.log_x), fill=FAINT, font=fonts[12], anchor="mt")
    draw.line((left, bottom, right, bottom), fill=FAINT, width=SCALE)
    draw.text((left, 14 * SCALE), axes.title, fill=INK, font=fonts[17], anchor="lt")
    draw.text((right, HEIGHT * SCALE - 10 * SCALE), axes.x, fill=FAINT, font=fonts[12], anchor="rb")
    draw.text((8 * SCALE, TOP * SCALE - 8 * SCALE), axes.y, fill=FAINT, font=fonts[12], anchor="lb")
    if axes.mark is not None:
        value, text = axes.mark
        x, _ = frame.place(math.log10(value) if axes.log_x else value, frame.low_y)
        draw.line((x, top, x, bottom), fill=INK, width=SCALE)
        draw.text((x + 6 * SCALE, top + 4 * SCALE), text, fill=INK, font=fonts[12], anchor="lt")


def _draw_legend(draw: ImageDraw, curves: Sequence[Curve], font: Font) -> None:
    """Names at the top right, each after a stroke of its colour."""
    x = float((WIDTH - RIGHT) * SCALE)
    for n in reversed(range(len(curves))):
        if curves[n].faint:
            continue
        width = draw.textlength(curves[n].name, font=font)
        draw.text((x - width, 18 * SCALE), curves[n].name, fill=INK, font=font, anchor="lt")
        draw.line(
            (x - width - 26 * SCALE, 25 * SCALE, x - width - 8 * SCALE, 25 * SCALE),
            fill=COLOURS[n % len(COLOURS)],
            width=3 * SCALE,
        )
        x -= width + 44 * SCALE
