"""The band around a curve: what its runs spread over."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from playground.ui.painting import AA
from playground.ui.plots.axis import Axis
from playground.ui.plots.series import SMOOTH_POINTS, Series, polygon
from playground.ui.plots.thinning import window

#: How much of its series' colour a band has.
FILL = 0.14


def draw_spread(p: QPainter, r: QRectF, series: Series, across: Axis, up: Axis) -> None:
    """Fill between the ends of a series' band; one that reaches below a logarithmic axis ends at its foot."""
    if series.band is None or not series.visible:
        return
    part = window(series.x, across.low, across.high)
    x, low, high = series.x[part], series.band[0][part], series.band[1][part]
    if len(x) > SMOOTH_POINTS:
        some = np.linspace(0, len(x) - 1, SMOOTH_POINTS).round().astype(np.int64)
        x, low, high = x[some], low[some], high[some]
    good = np.isfinite(low) & np.isfinite(high)
    if good.sum() < 2:
        return
    px = r.x() + across.place(x[good]) * r.width()
    edges = [np.clip(r.bottom() - up.place(v[good]) * r.height(), r.y() - 60, r.bottom() + 60) for v in (low, high)]
    outline = np.concatenate([np.stack([px, edges[1]], 1), np.stack([px, edges[0]], 1)[::-1]])
    fill = QColor(series.ink)
    fill.setAlphaF(FILL)
    p.setRenderHint(AA)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(fill)
    p.drawPolygon(polygon(outline))
