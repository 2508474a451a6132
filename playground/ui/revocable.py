"""A message that is taken back once it is no longer so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground.ui.session_core import SessionCore


class Revocable:
    """Keeps what was told last about one matter of a session, such as a file that could not be written."""

    def __init__(self, session: SessionCore) -> None:
        self._session = session
        self._told = ""

    def tell_revocably(self, text: str, level: str) -> None:
        """Tell how the matter stands, in place of what was told before about it."""
        self._told = text
        self._session.message.emit(text, level)

    def take_back(self) -> None:
        """The matter is settled: the message goes, where it is still the one that is shown."""
        told, self._told = self._told, ""
        if told:
            self._session.settled.emit(told)
