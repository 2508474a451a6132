"""Why training ended against the user's will, in a sentence each, with the next step."""

from __future__ import annotations

import dataclasses
import errno
import signal

from playground.errors import BadValue, PlaygroundError
from playground.training.memory import DoesNotFit, in_words

#: Words that `Failed.kind`, `Died.kind` and `Warned.kind` use.
KINDS = (
    "refused",
    "memory",
    "out of memory",
    "killed",
    "ended",
    "crash",
    "bus",
    "abort",
    "instruction",
    "terminated",
    "exit",
    "disk",
    "import",
    "file",
    "not finite",
    "error",
)


#: Refusals of a command; the run goes on.
HARMLESS = (BadValue,)


@dataclasses.dataclass(frozen=True)
class Cause:
    """kind: one of KINDS.  text: reason, numbers, next step."""

    kind: str
    text: str


_SIGNALS = {
    signal.SIGSEGV: ("crash", "Training crashed in compiled code (memory access out of bounds)."),
    signal.SIGBUS: ("bus", "Training lost its shared memory, most likely because the machine has none left."),
    signal.SIGABRT: ("abort", "A library that training uses gave up and ended the process."),
    signal.SIGFPE: ("crash", "Training crashed in compiled code (arithmetic)."),
    signal.SIGILL: (
        "instruction",
        "Compiled code met an instruction that this processor lacks. Delete the kernel cache and train again.",
    ),
    signal.SIGTERM: ("terminated", "Another program asked training to end."),
}


def of_death(status: int | None, stderr: str, *, killed: bool, peak_bytes: int, free_bytes: int, step: int) -> Cause:
    """Why the process has gone. status: its exit status, negative for a signal; killed: this program did it."""
    kept = f"The weights of step {step:,} are kept; Resume goes on from there." if step else "Press Train to begin again."
    if killed:
        return Cause("ended", f"Training was ended at once. {kept}")
    if status == -signal.SIGKILL:
        total = peak_bytes + free_bytes
        if peak_bytes > 0.5 * total:
            shown = f"it used {in_words(peak_bytes)} of {in_words(total)}"
            return Cause(
                "out of memory", f"The system stopped training, probably out of memory: {shown}. A smaller batch helps. {kept}"
            )
        return Cause("killed", f"The system or another program killed training. {kept}")
    if status is not None and status < 0:
        unknown = ("crash", f"Training was ended by signal {-status}.")
        kind, text = _SIGNALS.get(signal.Signals(-status), unknown) if -status in set(signal.Signals) else unknown
        return Cause(kind, f"{text} {kept}")
    last = stderr.strip().splitlines()[-1][:300] if stderr.strip() else ""
    if "ImportError" in last or "ModuleNotFoundError" in last:
        return Cause("import", f"Training could not load a library: {last}. Install the program anew.")
    if "MemoryError" in last:
        return Cause("memory", f"Training ran out of memory. A smaller batch helps. {kept}")
    shown = f" It said: {last}" if last else ""
    return Cause("exit", f"Training ended without a word (exit status {status}).{shown} {kept}")


def of_error(error: BaseException) -> Cause:
    """Why a run cannot go on, from what was raised."""
    if isinstance(error, DoesNotFit):
        return Cause("memory", str(error))
    if isinstance(error, MemoryError):
        return Cause("memory", f"The memory does not suffice: {error or 'no more could be had'}. A smaller batch helps.")
    if isinstance(error, ImportError):
        return Cause("import", f"Training could not load a library: {error}. Install the program anew.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Cause(
            "disk",
            f"The disk is full: {error.filename or 'the run folder'} could not be written. Free some space; the last good file is kept.",
        )
    if isinstance(error, OSError):
        return Cause("file", f"A file could not be used: {error}.")
    if isinstance(error, PlaygroundError):
        return Cause("error", str(error))
    return Cause(
        "error", f"Training met an error of its own ({type(error).__name__}: {error}). The details can be copied and reported."
    )
