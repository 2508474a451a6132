"""Which keys do what: the shortcuts of the table of actions, and what a person chose in their place, kept among the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from playground.ui import settings
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.actions.base import Action

GROUP = "keys"
NONE = "none"  # kept in the settings where a person took the keys of an action away
_MODIFIERS = Qt.KeyboardModifier
#: Keys that the canvas, a field or Qt reads itself, whatever action they were given to.
_TAKEN = {
    Qt.Key.Key_Tab: sentence("Tab is for moving the focus and for the quick list."),
    Qt.Key.Key_Backtab: sentence("Tab is for moving the focus and for the quick list."),
    Qt.Key.Key_Escape: sentence("Esc puts things away."),
    Qt.Key.Key_Return: sentence("Enter edits what is selected."),
    Qt.Key.Key_Enter: sentence("Enter edits what is selected."),
    Qt.Key.Key_Space: sentence("Space presses what has the focus."),
    Qt.Key.Key_Backspace: sentence("Backspace deletes letters and leaves a block."),
    Qt.Key.Key_Left: sentence("Arrows walk along the wires."),
    Qt.Key.Key_Right: sentence("Arrows walk along the wires."),
    Qt.Key.Key_Up: sentence("Arrows walk along the wires."),
    Qt.Key.Key_Down: sentence("Arrows walk along the wires."),
}


_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


def chosen() -> Mapping[str, str]:
    """What a person chose: id of an action -> keys, "" for none."""
    found = settings.words(GROUP)
    return {id: "" if keys == NONE else _normal(keys) for id, keys in found.items() if keys == NONE or _normal(keys)}


def keys_of(action: Action, mine: Mapping[str, str] | None = None) -> str:
    """The keys of an action now. mine: what `chosen` gave, where many are asked for."""
    return (mine if mine is not None else chosen()).get(action.id, action.shortcut)


def keys_by_id(id: str) -> str:
    """The keys of the action of this id now, for a hint beside a button."""
    from playground.ui.actions import ACTIONS  # the table stands on this file

    return keys_of(next(action for action in ACTIONS if action.id == id))


def choose(action: Action, keys: str) -> None:
    """Give an action other keys, "" for none. Its own keys of the table are chosen by `reset`."""
    if keys == action.shortcut:
        reset(action)
    else:
        settings.set_word(f"{GROUP}/{action.id}", keys or NONE)


def reset(action: Action) -> None:
    """Give an action the keys of the table again."""
    settings.forget(f"{GROUP}/{action.id}")


def reset_all() -> None:
    """Give every action the keys of the table again."""
    settings.forget(GROUP)


def refusal(keys: str) -> str:
    """Why no action can have these keys, as a sentence; "" where one can."""
    sequence = QKeySequence(keys)
    if sequence.isEmpty():
        return say("These are no keys.")
    if sequence.count() > 1:
        return say("One combination of keys is enough.")
    combination = _first(sequence)
    key, plain = combination.key(), combination.keyboardModifiers() in (_MODIFIERS.NoModifier, _MODIFIERS.ShiftModifier)
    if plain and key in _TAKEN:
        return say(_TAKEN[key])
    if plain and keys.rpartition("+")[2].isalnum() and len(keys.rpartition("+")[2]) == 1:
        return say("A letter or digit alone is for typing. Add Ctrl or Alt.")
    if combination.keyboardModifiers() in (_MODIFIERS.ControlModifier, _MODIFIERS.AltModifier) and key in _ARROWS:
        return say("Ctrl and Alt with arrows move the selection.")
    return ""


def holder(keys: str, besides: Action, table: tuple[Action, ...]) -> Action | None:
    """Another action that has these keys already."""
    mine = chosen()
    return next((action for action in table if action is not besides and keys and keys_of(action, mine) == keys), None)


def _normal(keys: str) -> str:
    """Keys as Qt writes them; "" for what are none, so that a damaged file takes nothing away."""
    sequence = QKeySequence(keys)
    known = sequence.count() == 1 and _first(sequence).key() != Qt.Key.Key_unknown
    return sequence.toString(QKeySequence.SequenceFormat.PortableText) if known else ""


def _first(sequence: QKeySequence) -> QKeyCombination:
    """The first combination, which is all that a sequence of ours has."""
    found: QKeyCombination = sequence[0]  # type: ignore[index]
    return found
