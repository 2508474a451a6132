"""Whether a run fits into the memory, and its sizes in words."""

from __future__ import annotations

from collections.abc import Callable

from playground.errors import PlaygroundError
from playground.lowering.room import largest
from playground.words import joined, sentence


class DoesNotFit(PlaygroundError, MemoryError):
    """A run that needs more memory than there is. batch: one that fits, 0 if none does."""

    def __init__(self, text: str, batch: int) -> None:
        super().__init__(text)
        self.batch = batch


def in_words(nbytes: int) -> str:
    """Such as "11.4 GB"; a GB is 10⁹ bytes."""
    value, unit = float(nbytes), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def check(needed: Callable[[int], int], batch: int, room: int | None) -> None:
    """Raises DoesNotFit when a run with this batch takes more than there is room for. needed: bytes for a batch; room: None if not known."""
    wanted = needed(batch)
    if room is None or wanted <= room:
        return
    fits = largest(needed, batch, room)
    shown = sentence("This needs {in_words} and {in_words2} are free.", in_words=in_words(wanted), in_words2=in_words(room))
    advice = (
        sentence("Batch {fits} fits.", fits=fits) if fits else sentence("No batch fits; use fewer samples or a smaller network.")
    )
    raise DoesNotFit(joined((shown, advice), " "), fits)
