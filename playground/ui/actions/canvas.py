"""What the canvas adds to the menus: looking at a part of it, and taking it away as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from playground.errors import PlaygroundError
from playground.ui.actions.base import Action, nodes, selected
from playground.ui.canvas.svg import SCALES, write_picture
from playground.ui.replacing import as_file, may_write
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def export_picture(window: MainWindow) -> None:
    """Ask for a file and draw the canvas into it; the kind that is chosen says the format, and a PNG's scale."""
    session = window.session
    kinds = {say("SVG, lines and text") + " (*.svg)": (".svg", 1.0)}
    for scale in SCALES:
        kinds[say("PNG, {percent} %", percent=round(scale * 100)) + " (*.png)"] = (".png", scale)
    proposed = session.folder / f"{as_file(session.title)}.svg"
    name, kind = QFileDialog.getSaveFileName(window, say("Export picture"), str(proposed), ";;".join(kinds))
    if not name:
        return
    ending, scale = kinds.get(kind, (".svg", 2.0))
    path = Path(name)
    if ending == ".svg" and path.suffix.lower() == ".png":  # typed, while the kind stayed the one that is offered first
        ending, scale = ".png", 2.0
    if path.suffix.lower() not in (".svg", ".png") or kind in kinds:
        path = path.with_suffix(ending) if path.suffix.lower() in (".svg", ".png", "") else path.with_name(path.name + ending)
    if path != Path(name) and not may_write(window, path):
        return
    try:
        write_picture(window.canvas, path, scale)
    except PlaygroundError as error:
        session.message.emit(str(error), "error")
        session.offered.emit((sentence("Choose another place"), lambda: export_picture(window)))
        return
    session.message.emit(sentence("The canvas is drawn in {file}.", file=path.name), "info")


ACTIONS = (
    Action(id="export_picture", text="Export picture…", run=export_picture, shortcut="Ctrl+Shift+E", menu="File", group=3, order=1,
           enabled=nodes),
    Action(id="next_note", text="Next note or frame", run=lambda w: w.canvas.keys.next_note(), shortcut="F8", menu="View", group=1, order=2,
           enabled=lambda w: bool(w.session.view.network.notes), why="There is no note yet. Insert, Note makes one."),
    Action(id="zoom_selection", text="Zoom to selection", run=lambda w: w.canvas.looking.zoom_to_selection(), shortcut="Ctrl+8", menu="View",
           group=1, order=1, enabled=selected),
)  # fmt: skip
