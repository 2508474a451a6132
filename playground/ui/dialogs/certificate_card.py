"""The certificate as a card: who ran the file on what, the hashes, and the error against what is allowed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.ui.painting import CENTRE, Painted, box, put, rule, stamp, width_of
from playground.ui.plots.axis import Axis, short
from playground.ui.theme import theme
from playground.words import say

HEAD, ROW, CHART = 47, 25, 88


def size_words(count: int) -> str:
    """Bytes as a person reads them."""
    return (
        say("{count} bytes", count=f"{count:,}")
        if count < 10_000
        else f"{count / 1000:,.0f} KB"
        if count < 10_000_000
        else f"{count / 1e6:,.1f} MB"
    )


def short_hash(text: str) -> str:
    return f"{text[:4]} {text[4:8]}"


class CertificateCard(Painted):
    """Empty until there is a certificate."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 0, say("Certificate"), parent)
        self.found: Mapping[str, Any] | None = None
        self.setFixedHeight(HEAD + 5 * ROW + CHART + 12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(560, self.minimumHeight())

    def show_certificate(self, found: Mapping[str, Any] | None) -> None:
        self.found = found
        if found is not None:
            self.setAccessibleDescription("; ".join(f"{name}: {value} {hash}" for name, value, hash in self.rows()))
        self.setVisible(found is not None)
        self.update()

    def rows(self) -> list[tuple[str, str, str]]:
        """(name, words, hash) of every fact."""
        found = self.found or {}
        versions = ", ".join(f"{name} {version}" for name, version in dict(found.get("versions", {})).items() if name != "python")
        return [
            (say("Run by"), str(found.get("interpreter", "")), ""),
            (
                say("Probe"),
                say("{value} samples", value=f"{found.get('probe_rows', 0):,}"),
                short_hash(str(found.get("probe_sha256", ""))),
            ),
            (say("Weights"), say("SHA-256 over names, shapes and numbers"), short_hash(str(found.get("weights_sha256", "")))),
            (say("Versions"), versions, ""),
            (say("File"), size_words(int(found.get("bytes", 0))), ""),
        ]

    def draw(self, p: QPainter, r: QRectF) -> None:
        if self.found is None:
            return
        box(p, r, 6, theme().color("base"), theme().color("border"))
        p.save()
        p.setClipRect(QRectF(0, 0, r.width(), HEAD))
        box(p, QRectF(0, 0, r.width(), HEAD + 8), 6, theme().color("oksoft"), theme().color("border"))
        p.restore()
        rule(p, 0, HEAD, r.width())
        stamp(p, 27, 24, "cert", "ok", 22)
        put(p, QRectF(48, 6, r.width() - 56, 20), say("Certificate: the file gives the same answers"), 13, "text", True)
        put(
            p,
            QRectF(48, 25, r.width() - 56, 16),
            say("Written, read back and run by another program before it reached you."),
            11,
            "text2",
        )
        for k, (name, words, hash) in enumerate(self.rows()):
            y = HEAD + 8.0 + ROW * k
            put(p, QRectF(15, y, 140, ROW), name, 12, "text2")
            wide = width_of(hash, 11) + 14 if hash.strip() else 0
            put(p, QRectF(165, y, r.width() - 185 - wide, ROW), words, 12)
            if wide:
                tag = QRectF(r.width() - wide - 14, y + 3, wide, 19)
                box(p, tag, 4, theme().color("infosoft"), None)
                put(p, tag, hash, 11, "info", how=CENTRE)
        self._draw_error(p, QRectF(165, HEAD + 16 + 5 * ROW, r.width() - 205, CHART - 34))

    def _draw_error(self, p: QPainter, r: QRectF) -> None:
        """The largest error as a bar on a logarithmic axis, with the limit."""
        found = self.found or {}
        error, allowed = float(found.get("error", 0.0)), float(found.get("allowed", 1e-5))
        low = 10.0 ** math.floor(math.log10(min(max(error, 1e-12), 1e-9, allowed)))
        axis = Axis(low, 10.0 ** math.ceil(math.log10(allowed * 50)), True)

        def px(value: float) -> float:
            return r.x() + math.log10(max(value, low) / low) / math.log10(axis.high / low) * r.width()

        p.fillRect(QRectF(px(allowed), r.y(), r.right() - px(allowed), r.height()), theme().color("errorsoft"))
        for power in range(round(math.log10(low)), round(math.log10(axis.high)) + 1):
            x = px(10.0**power)
            p.fillRect(QRectF(round(x), r.y(), 1, r.height()), theme().color("plotgrid"))
            put(p, QRectF(x - 30, r.bottom() + 4, 60, 14), f"1e{power}".replace("-", "−"), 10, "text3", how=CENTRE)
        pen = QPen(theme().color("error"), 1.5, Qt.PenStyle.DashLine)
        p.setPen(pen)
        p.drawLine(QPointF(px(allowed), r.y() - 4), QPointF(px(allowed), r.bottom()))
        put(p, QRectF(px(allowed) + 5, r.y() - 2, 100, 14), say("limit {short}", short=short(allowed)), 10, "error")
        put(p, QRectF(15, r.y() + 14, 140, 18), say("Largest error"), 12, "text2")
        p.fillRect(QRectF(r.x(), r.y() + 18, max(2.0, px(error) - r.x()), 10), theme().color("ok"))
        put(p, QRectF(max(px(error), r.x()) + 8, r.y() + 13, 120, 20), short(error), 11, "text", True)
