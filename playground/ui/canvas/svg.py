"""The canvas as a picture: SVG with text as text and icons as lines, or PNG at a scale. All of it, whatever part is in view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRect, QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from playground.document.saver import save_atomically
from playground.errors import BadValue
from playground.ui.theme import theme
from playground.words import sentence

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

RIM = 24.0
SCALES = (1.0, 2.0, 3.0)
MOST_SIDE = 16_000  # pixels of a PNG


def write_picture(view: CanvasView, path: Path, scale: float = 2.0) -> None:
    """Write what the ending says, .svg or .png, at once or not at all. scale: pixels of a PNG to a unit of the canvas.

    Raises BadValue for another ending, an empty canvas or a PNG too large, and FileError where it cannot be written.
    """
    if view.world().isNull():
        raise BadValue(sentence("There is nothing to draw yet. Add a node first."))
    if path.suffix.lower() == ".svg":
        data = to_svg(view)
    elif path.suffix.lower() == ".png":
        data = to_png(view, scale)
    else:
        raise BadValue(sentence("The name must end in .svg or .png; {name} was given.", name=repr(path.name)[:80]))
    save_atomically(path, data)


def to_svg(view: CanvasView) -> bytes:
    """The picture as SVG; its unit is a pixel of the canvas at 100 %."""
    room, data = _room(view), QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(room.size().toSize())
    generator.setViewBox(QRectF(0, 0, room.width(), room.height()))
    generator.setResolution(96)
    generator.setTitle(view.session.project.name)
    generator.setDescription(view.session.project.about)
    painter = QPainter(generator)
    _draw(view, painter, room, QRectF(0, 0, room.width(), room.height()))
    painter.end()
    buffer.close()
    size = f'width="{room.width():g}" height="{room.height():g}"'.encode()
    return re.sub(rb'width="[^"]*mm" height="[^"]*mm"', size, bytes(data.data()), count=1)


def to_png(view: CanvasView, scale: float) -> bytes:
    """The picture as PNG."""
    room = _room(view)
    size = QSizeF(room.width() * scale, room.height() * scale).toSize()
    if max(size.width(), size.height()) > MOST_SIDE:
        raise BadValue(
            sentence(
                "The picture would be {wide}×{high} pixels and at most {most} a side are drawn. Choose a smaller scale, or SVG.",
                wide=f"{size.width():,}",
                high=f"{size.height():,}",
                most=f"{MOST_SIDE:,}",
            )
        )
    image = QImage(size.expandedTo(QSize(1, 1)), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    _draw(view, painter, room, QRectF(QRect(0, 0, image.width(), image.height())))
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # Qt wants a str here, its stub bytes
    buffer.close()
    return bytes(data.data())


def _room(view: CanvasView) -> QRectF:
    """Everything with a rim, on whole pixels."""
    return QRectF(view.world().marginsAdded(QMarginsF(RIM, RIM, RIM, RIM)).toAlignedRect())


def _draw(view: CanvasView, painter: QPainter, room: QRectF, target: QRectF) -> None:
    view.feed.draw()
    for node in view.session.view.network.nodes:  # those out of view too
        item = view.canvas.nodes.get(node.id)
        if item is not None and item.look.preview:
            item.show_data(view.feed.maker.picture(node, item.look.preview))
    painter.fillRect(target, theme().color("canvas"))
    with _unmarked(view):
        view.canvas.render(painter, target, room)


@contextmanager
def _unmarked(view: CanvasView) -> Iterator[None]:
    """Without selection, suggestion and guides, which belong to the work and not to the network."""
    chosen = view.canvas.selected_ids()
    view.canvas.blockSignals(True)
    view.looking.glide.finish()
    view.drops.ghost.clear()
    view.canvas.show_selection(())
    try:
        yield
    finally:
        view.canvas.show_selection(chosen)
        view.canvas.blockSignals(False)
        view.drops.ghost.refresh()
