"""Commands on what is selected: delete, clipboard, names and freezing."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication

from playground.document.edits import (
    Edit,
    Paste,
    RemoveLinks,
    RemoveNodes,
    RemoveNotes,
    RenameNode,
    SetNodeOption,
    SetNote,
    Several,
    duplicate,
)  # fmt: skip
from playground.document.project import Network
from playground.errors import PlaygroundError
from playground.ui.canvas.commands.part import Part
from playground.ui.canvas.placing import snapped
from playground.words import sentence


class Selection(Part):
    """What can be done to the selected nodes, wires and notes."""

    def delete(self) -> None:
        """Delete the selected nodes, wires and notes as one step."""
        network, chosen = self.session.view.network, set(self.session.selection)
        nodes = tuple(node.id for node in network.nodes if node.id in chosen)
        gone = set(nodes)
        links = tuple(k.id for k in network.links if k.id in chosen and k.source not in gone and k.target not in gone)
        notes = tuple(note.id for note in network.notes if note.id in chosen)
        edits: list[Edit] = []
        if links:
            edits.append(RemoveLinks(links))
        if nodes:
            edits.append(RemoveNodes(nodes))
        if notes:
            edits.append(RemoveNotes(notes))
        if edits:
            self.session.do(edits[0] if len(edits) == 1 else Several(sentence("Delete selection"), tuple(edits)))

    def copy(self) -> bool:
        """Put the selection on the clipboard as text. False when there is nothing to copy."""
        from playground.document.clipboard import to_text  # brings pydantic, which the first paint need not wait for

        network, chosen = self.session.view.network, set(self.session.selection)
        ids = [id for id in (*(n.id for n in network.nodes), *(n.id for n in network.notes)) if id in chosen]
        if ids:
            QGuiApplication.clipboard().setText(to_text(self.session.view, ids))
        return bool(ids)

    def cut(self) -> None:
        if self.copy():
            self.delete()

    def paste(self, at: QPointF | None = None) -> None:
        """Add what the clipboard holds, at a point or a little beside where it came from."""
        from playground.document.clipboard import pasted

        text = QGuiApplication.clipboard().text()
        if not text.strip():
            self.session.message.emit(sentence("The clipboard holds no network. Copy some nodes first."), "info")
            self._offer_a_layer()
            return
        try:
            edit = pasted(text)
        except PlaygroundError as error:
            self.session.message.emit(str(error), "warning")
            self._offer_a_layer()
            return
        corners = _corners(edit.fragment)
        if at is None or not corners:
            self._paste(self._aside(edit))
            return
        left, top = min(x for x, _ in corners), min(y for _, y in corners)
        self._paste(dataclasses.replace(edit, offset=snapped(at.x() - left, at.y() - top)))

    def _aside(self, edit: Paste) -> Paste:
        """The same a little lower, past what lies there of an earlier time."""
        taken, corners = set(_corners(self.session.view.network)), _corners(edit.fragment)
        x, y = edit.offset
        step = 1
        while any((left + x * step, top + y * step) in taken for left, top in corners):
            step += 1
        return dataclasses.replace(edit, offset=(x * step, y * step))

    def _offer_a_layer(self) -> None:
        """In place of what could not be pasted."""
        self.session.offered.emit((sentence("Add a layer"), self.layer_wanted.emit))

    def duplicate(self) -> None:
        """Double the selected nodes and notes, a little lower."""
        if self.session.selection:
            self._paste(self._aside(duplicate(self.session.view, self.session.selection)))

    def _paste(self, edit: Paste) -> None:
        if (edit.fragment.nodes or edit.fragment.notes) and self.session.do(edit):
            ids = (*edit.nodes, *(note.id for note in edit.fragment.notes))
            self.session.select(ids)
            self.shown.emit(ids)

    def rename(self, id: str, name: str) -> bool:
        return self.session.do(RenameNode(id, name))

    def set_note(self, id: str, words: str) -> bool:
        return self.session.do(SetNote(id, words=words))

    def freeze(self) -> None:
        """Freeze the selected nodes, or thaw them when all are frozen."""
        nodes = [node for node in self.session.selected_nodes() if node.spec.kind == "layer"]
        wanted = not all(node.frozen for node in nodes)
        if nodes:
            edits = tuple(SetNodeOption(node.id, "frozen", wanted) for node in nodes)
            self.session.do(edits[0] if len(edits) == 1 else Several("Freeze" if wanted else "Unfreeze", edits))


def _corners(network: Network) -> list[tuple[float, float]]:
    """Where its nodes and notes stand."""
    return [*(node.position for node in network.nodes), *(note.position for note in network.notes)]
