"""How much memory there is, and whether a run fits into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playground.errors import PlaygroundError
from playground.words import joined, sentence

#: Left to everything else on the machine.
RESERVE = 256 << 20


class DoesNotFit(PlaygroundError, MemoryError):
    """A run that needs more memory than there is. batch: one that fits, 0 if none does."""

    def __init__(self, text: str, batch: int) -> None:
        super().__init__(text)
        self.batch = batch


def free_bytes() -> int:
    """What could be had now without swapping: the system's word, or the container's limit if that is less."""
    known = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(known["MemAvailable"].split()[0]) * 1024
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.exists() and used.exists() and (word := limit.read_text().strip()) != "max":
        free = min(free, max(0, int(word) - int(used.read_text())))
    return free


def resident_bytes() -> int:
    """Memory that this process has at present, shared memory included."""
    known = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(known["VmRSS"].split()[0]) * 1024


def in_words(nbytes: int) -> str:
    """Such as "11.4 GB"; a GB is 10⁹ bytes."""
    value, unit = float(nbytes), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def check(needed: Callable[[int], int], batch: int, free: int) -> None:
    """Raises DoesNotFit when a run with this batch is larger than what is free. needed: bytes for a batch, ascending."""
    budget = free - RESERVE
    wanted = needed(batch)
    if wanted <= budget:
        return
    fits = _largest(needed, batch, budget)
    shown = sentence(
        "This needs {in_words} and {in_words2} are free.", in_words=in_words(wanted), in_words2=in_words(max(0, budget))
    )
    advice = (
        sentence("Batch {fits} fits.", fits=fits) if fits else sentence("No batch fits; use fewer samples or a smaller network.")
    )
    raise DoesNotFit(joined((shown, advice), " "), fits)


def _largest(needed: Callable[[int], int], batch: int, budget: int) -> int:
    """The largest batch below the given one that fits, in round numbers above 8; 0 if none does."""
    low, high = 0, batch
    while high - low > 1:
        middle = (low + high) // 2
        if needed(middle) <= budget:
            low = middle
        else:
            high = middle
    return low // 8 * 8 if low > 8 else low
