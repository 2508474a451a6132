"""One cursor for all plots of a window that share the steps of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from playground.ui.plots.pointing import Pointing

if TYPE_CHECKING:
    from playground.ui.session import Session


class Cursor(QObject):
    """moved(x or None): to this step, or away."""

    moved = Signal(object)


def cursor_of(session: Session) -> Cursor:
    """The session's, made on first use."""
    return session.findChild(Cursor) or Cursor(session)


def share_cursor(session: Session, *plots: Pointing) -> None:
    """Let plots move the cursor and show it, wherever in the window the others are."""
    cursor = cursor_of(session)
    for plot in plots:
        plot.cursor_moved.connect(cursor.moved)
        cursor.moved.connect(plot.show_cursor)
