"""What every message is, and what the line between window and worker asks of a kind of message."""

from __future__ import annotations

import dataclasses

#: Raised whenever a message changes; the two processes refuse to talk across versions.
PROTOCOL = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """One line on the wire: an object with "message" and every field, no more and no less."""


class Event(Message):
    """Something that the worker tells."""

    #: Only the newest of the kind waits to be sent, and it is sent every so many seconds at most.
    newest = False
    every = 1 / 30


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command(Message):
    """Something that the window asks for. serial: its number, which `Done` repeats; given when it is sent."""

    #: The newest of the kind holds for the present run and those to come, in this worker and in the one after it.
    stands = False
    #: It does not end a search that goes on between two bursts; it is carried out after it.
    waits = False

    #: It is carried out in the middle of a step that is done in slow motion; others first bring that to its end.
    during_step = False

    serial: int = 0

    @property
    def descriptors(self) -> int:
        """How many file descriptors travel with it."""
        return 0
