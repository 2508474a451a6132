"""The canvas by keyboard: arrows walk along the wires, letters search layers, Enter edits or opens a block, Escape leaves it, Ctrl+L wires.

Tab opens the quick list; Ctrl+Tab and Shift+Tab move the focus. Right of the last node stands the ghost of what usually follows: the
right arrow steps onto it, Enter takes it.

Ctrl and an arrow move the selection, with Shift they resize selected notes and frames; Alt takes small steps.

While a wire is under construction left and right choose where it ends, up and down at which output it starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from playground.ui.canvas.note_item import NoteItem
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.node_item import NodeItem
    from playground.ui.canvas.view import CanvasView

Key = Qt.Key
Modifier = Qt.KeyboardModifier
ARROWS = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Up: (0, -1), Key.Key_Down: (0, 1)}
NUMBERS = (Key.Key_1, Key.Key_2, Key.Key_3)
NUDGE, FINE = 24, 4


class CanvasKeys:
    """Reads keys for the view."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key belongs to the canvas although a menu has it as its shortcut."""
        if self.view.gesture is not None or self.view.refusal.isVisible():
            return Key(event.key()) in (Key.Key_Escape, Key.Key_Return, Key.Key_Enter, *NUMBERS, *ARROWS)
        return False

    def tab(self, event: QKeyEvent) -> bool:
        """Tab opens the quick list, for the wire under construction where there is one; with Ctrl it moves the focus, as Shift+Tab does."""
        if event.key() != Key.Key_Tab:
            return False
        if event.modifiers() & Modifier.ControlModifier:
            self.view.focusNextChild()
        elif self.view.gesture is not None:
            self.view.gesture.ask()
        else:
            self.view.open_quick_add()
        return True

    def press(self, event: QKeyEvent) -> bool:
        """Act on a key; False leaves it to Qt."""
        self.view.looking.glide.finish()
        key = Key(event.key())
        if self.view.gesture is not None:
            return self._wiring(key)
        if self.view.refusal.isVisible() and key in (Key.Key_Escape, *NUMBERS):
            self.view.refusal.pick(NUMBERS.index(key)) if key in NUMBERS else self.view.refusal.dismiss()
            return True
        if key in ARROWS:
            return self._arrow(key, event.modifiers())
        if key in (Key.Key_Return, Key.Key_Enter):
            return self.view.drops.ghost.accept() if self.view.drops.ghost.aimed else self._edit()
        if key == Key.Key_Escape and (self.view.pointer.abandon() or self.view.put_away()):
            return True
        if key == Key.Key_Escape and self.view.session.selection:
            self.view.session.select(())
            return True
        if key == Key.Key_Escape and self.view.feed.slow.on:
            self.view.feed.slow.stop()
            return True
        if key in (Key.Key_Escape, Key.Key_Backspace):
            self.view.session.leave()
            return True
        return self._letter(event)

    def _wiring(self, key: Key) -> bool:
        gesture = self.view.gesture
        if gesture is None:
            return False
        if key == Key.Key_Escape:
            gesture.cancel()
        elif key in NUMBERS and self.view.refusal.isVisible():
            gesture.end()
            self.view.refusal.pick(NUMBERS.index(key))
        elif key in (Key.Key_Return, Key.Key_Enter, Key.Key_Space):
            gesture.finish()
        elif key in (Key.Key_Up, Key.Key_Down) and gesture.choose(ARROWS[key][1]):
            return True
        elif key in ARROWS:
            gesture.cycle(1 if sum(ARROWS[key]) > 0 else -1)
        return True

    def _arrow(self, key: Key, modifiers: Modifier) -> bool:
        dx, dy = ARROWS[key]
        if modifiers & (Modifier.ControlModifier | Modifier.AltModifier):
            step = FINE if modifiers & Modifier.AltModifier else NUDGE
            if modifiers & Modifier.ShiftModifier and self.view.commands.grow(dx * step, dy * step):
                return True
            self.view.commands.nudge(dx * step, dy * step)
            return True
        if self.view.drops.ghost.aim(dx):
            return True
        target = self._next(dx, dy)
        if target is not None:
            ids = (*self.view.session.selection, target.id) if modifiers & Modifier.ShiftModifier else (target.id,)
            self.view.session.select(ids)
            self.view.ensureVisible(target.sceneBoundingRect(), 40, 40)
        return True

    def next_note(self) -> None:
        """Select the note or frame behind the one that is selected, in reading order, and bring it into view."""
        notes = sorted(self.view.canvas.notes.values(), key=lambda item: (item.y(), item.x()))
        ids = [item.id for item in notes]
        if not ids:
            return
        here = next((ids.index(id) for id in reversed(self.view.session.selection) if id in ids), -1)
        chosen = ids[(here + 1) % len(ids)]
        self.view.session.select((chosen,))
        self.view.looking.reveal((chosen,))
        self.view.say(notes[ids.index(chosen)].title or say("Empty note"))

    def _next(self, dx: int, dy: int) -> NodeItem | None:
        """Sideways along the wires where there are any; else the nearest node in that direction."""
        nodes, wires = self.view.canvas.nodes, self.view.canvas.wires.values()
        here = next((nodes[id] for id in reversed(self.view.session.selection) if id in nodes), None)
        if here is None:
            return min(nodes.values(), key=lambda item: (item.y(), item.x()), default=None)
        if dx > 0:
            wired = [wire.target for wire in wires if wire.source is here and wire.target is not None]
        else:
            wired = [wire.source for wire in wires if wire.target is here] if dx < 0 else []
        return self._nearest(here, wired, 0, 0) or self._nearest(here, list(nodes.values()), dx, dy)

    def _nearest(self, here: NodeItem, items: list[NodeItem], dx: int, dy: int) -> NodeItem | None:
        centre = here.sceneBoundingRect().center()
        best, far = None, float("inf")
        for item in items:
            gap = item.sceneBoundingRect().center() - centre
            along, across = gap.x() * dx + gap.y() * dy, abs(gap.x() * dy) + abs(gap.y() * dx)
            if item is here or ((dx or dy) and along < 12):
                continue
            distance = abs(along) + 2 * across if (dx or dy) else abs(gap.x()) + abs(gap.y())
            if distance < far:
                best, far = item, distance
        return best

    def _edit(self) -> bool:
        chosen = [item for id in self.view.session.selection if (item := self.view.canvas.item_of(id)) is not None]
        if len(chosen) == 1 and isinstance(chosen[0], NoteItem):
            self.view.naming.edit(chosen[0])
        elif chosen and not (len(chosen) == 1 and self.view.session.enter(self.view.session.selection[0])):
            self.view.edit_asked.emit()
        return True

    def _letter(self, event: QKeyEvent) -> bool:
        """A plain letter opens the quick list with it."""
        text = event.text()
        plain = not event.modifiers() & (Modifier.ControlModifier | Modifier.AltModifier | Modifier.MetaModifier)
        if plain and text.isalpha():
            self.view.open_quick_add(None, text)
            return True
        return False
