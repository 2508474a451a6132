"""Why training ended against the user's will, in a sentence each, with the next step."""

from __future__ import annotations

import dataclasses
import errno
import signal

from playground.errors import BadValue, PlaygroundError
from playground.training.memory import DoesNotFit, in_words
from playground.words import joined, sentence

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


#: What to do after a run that did no step.
AGAIN = sentence("Press Resume to begin again.")
#: Refusals of a command; the run goes on.
HARMLESS = (BadValue,)


@dataclasses.dataclass(frozen=True)
class Cause:
    """kind: one of KINDS.  text: reason, numbers, next step."""

    kind: str
    text: str


_SIGNALS = {
    signal.SIGSEGV: ("crash", sentence("Training crashed in compiled code (memory access out of bounds).")),
    signal.SIGBUS: ("bus", sentence("Training lost its shared memory, most likely because the machine has none left.")),
    signal.SIGABRT: ("abort", sentence("A library that training uses gave up and ended the process.")),
    signal.SIGFPE: ("crash", sentence("Training crashed in compiled code (arithmetic).")),
    signal.SIGILL: (
        "instruction",
        sentence("Compiled code met an instruction that this processor lacks. Delete the kernel cache and train again."),
    ),
    signal.SIGTERM: ("terminated", sentence("Another program asked training to end.")),
}


def of_death(
    status: int | None,
    stderr: str,
    *,
    killed: bool,
    peak_bytes: int,
    free_bytes: int | None,
    step: int,
    over: bool = False,
    again: str = AGAIN,
) -> Cause:
    """Why the process has gone. status: its exit status, negative for a signal; killed: this program did it; over: the run was, too.

    again: what to do where no step was done.
    """
    kept = again
    if step:
        goes_on = sentence("The weights of step {step} are kept; Resume goes on from there.", step=f"{step:,}")
        kept = sentence("The weights of step {step} are kept.", step=f"{step:,}") if over else goes_on
    if killed:
        return Cause("ended", sentence("Training was ended at once. {kept}", kept=kept))
    if status == -signal.SIGKILL:
        total = peak_bytes + (free_bytes or 0)
        if free_bytes is not None and peak_bytes > 0.5 * total:
            shown = sentence("it used {in_words} of {in_words2}", in_words=in_words(peak_bytes), in_words2=in_words(total))
            return Cause(
                sentence("out of memory"),
                sentence(
                    "The system stopped training, probably out of memory: {shown}. A smaller batch helps. {kept}",
                    shown=shown,
                    kept=kept,
                ),
            )
        return Cause("killed", sentence("The system or another program killed training. {kept}", kept=kept))
    if status is not None and status < 0:
        unknown = ("crash", sentence("Training was ended by signal {value}.", value=-status))
        kind, text = _SIGNALS.get(signal.Signals(-status), unknown) if -status in set(signal.Signals) else unknown
        return Cause(kind, joined((text, kept), " "))
    last = stderr.strip().splitlines()[-1][:300] if stderr.strip() else ""
    if "ImportError" in last or "ModuleNotFoundError" in last:
        return Cause("import", sentence("Training could not load a library: {last}. Install the program anew.", last=last))
    if "MemoryError" in last:
        return Cause("memory", sentence("Training ran out of memory. A smaller batch helps. {kept}", kept=kept))
    shown = sentence(" It said: {last}", last=last) if last else ""
    return Cause(
        "exit",
        sentence("Training ended without a word (exit status {status}).{shown} {kept}", status=status, shown=shown, kept=kept),
    )


def of_error(error: BaseException) -> Cause:
    """Why a run cannot go on, from what was raised."""
    if isinstance(error, DoesNotFit):
        return Cause("memory", str(error))
    if isinstance(error, MemoryError):
        return Cause(
            "memory",
            sentence("The memory does not suffice: {error}. A smaller batch helps.", error=error or "no more could be had"),
        )
    if isinstance(error, ImportError):
        return Cause("import", sentence("Training could not load a library: {error}. Install the program anew.", error=error))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Cause(
            "disk",
            sentence(
                "The disk is full: {filename} could not be written. Free some space; the last good file is kept.",
                filename=error.filename or "the run folder",
            ),
        )
    if isinstance(error, PlaygroundError):  # whole sentences already
        return Cause("file" if isinstance(error, OSError) else "error", str(error))
    if isinstance(error, OSError):
        return Cause("file", sentence("A file could not be used: {error}.", error=error))
    return Cause(
        "error",
        sentence(
            "Training met an error of its own ({name}: {error}). The details can be copied and reported.",
            name=type(error).__name__,
            error=error,
        ),
    )
