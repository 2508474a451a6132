"""Damages good files and opens them, in a process of its own, so that a crash or a hang is seen as one.

    python -m tests.mutants.attack TARGET,TARGET COUNT SEED

Prints one JSON object, for each target: mutants opened, refused, the slowest in seconds of processor time, growth of memory, what escaped, and what was
run, loaded or written that a file may not ask for.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import CodeType
from typing import Any

MEMORY = 12 << 30
#: Seconds of processor time that one file may cost.
LIMIT = 2.0
NEVER = (
    "pickle.find_class",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "socket.connect",
    "socket.bind",
    "code.__new__",
)


class Hang(BaseException):
    """A file took too long."""


class Watched:
    """Where the hook notes what it sees; an audit hook cannot be taken away again, so that one stands for all targets."""

    seen: list[str] | None = None
    scratch = ""


def watch() -> None:
    """Note whatever a data file has no business to cause."""
    ours = tuple(os.path.realpath(place) for place in (sys.prefix, sys.base_prefix, Path(__file__).parents[2]))

    def hook(event: str, args: tuple[Any, ...]) -> None:
        seen, scratch = Watched.seen, Watched.scratch
        if seen is None:
            return
        if event.startswith(NEVER):
            seen.append(f"{event} {args!r:.80}")
        elif event == "exec" and isinstance(args[0], CodeType):
            name = args[0].co_filename
            if not (name.startswith("<frozen") or os.path.realpath(name).startswith(ours)) and name not in (
                "<string>",
                "<attrs>",
            ):
                seen.append(f"exec {name}")
        elif event == "open" and isinstance(args[0], str) and isinstance(args[1], str) and set(args[1]) & set("wax+"):
            path = os.path.realpath(args[0])
            if not path.startswith((scratch, "/dev/null", "/tmp/numba")) and "__pycache__" not in path and "/numba" not in path:
                seen.append(f"write {path}")

    sys.addaudithook(hook)


def attack(target: str, count: int, seed: int) -> dict[str, Any]:
    """Open so many mutants."""
    from playground.errors import PlaygroundError
    from tests.mutants.targets import TARGETS

    rng = random.Random(seed)
    refused, slowest, longest = 0, 0.0, 0
    escaped: dict[str, str] = {}
    seen: list[str] = []

    def stop(*_: object) -> None:
        raise Hang(f"more than {LIMIT} s")

    signal.signal(signal.SIGPROF, stop)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["PLAYGROUND_HOME"] = os.path.join(scratch, "home")
        made = TARGETS[target](Path(scratch))
        for content in made.good:
            made.path.write_bytes(content)
            made.load(made.path)
        for number in range(len(made.mutations) * 3):  # what is imported for the first time
            made.path.write_bytes(made.mutant(random.Random(f"warm {number}")))
            with contextlib.suppress(Exception):  # looked at below
                made.load(made.path)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        Watched.seen, Watched.scratch = seen, os.path.realpath(scratch)
        for number in range(count):
            content = made.mutant(rng)
            made.path.write_bytes(content)
            began = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, LIMIT)
            try:
                made.load(made.path)
            except PlaygroundError as error:
                refused += 1
                longest = max(longest, len(str(error)))
                if made.never or not 10 <= len(str(error)) <= 600:
                    escaped.setdefault(f"words {type(error).__name__} {str(error)[:60]}", f"{number}: {str(error)[:300]}")
            except (Exception, Hang) as error:  # noqa: BLE001  # whatever escapes is what is looked for
                signal.setitimer(signal.ITIMER_PROF, 0)
                frame = traceback.extract_tb(error.__traceback__)[-1]
                key = f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}"
                if key not in escaped and os.environ.get("KEEP"):
                    (Path(os.environ["KEEP"]) / f"{target}-{number}").write_bytes(content)
                    traceback.print_exc()
                escaped.setdefault(key, f"{number}: {str(error)[:200]}")
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            slowest = max(slowest, time.process_time() - began)
        Watched.seen = None
        made.close()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {
        "mutants": count, "refused": refused, "slowest": slowest, "longest": longest, "grown_mb": grown, "escaped": escaped,
        "seen": sorted(set(seen))[:10],
    }  # fmt: skip


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    watch()
    print(json.dumps({target: attack(target, int(sys.argv[2]), int(sys.argv[3])) for target in sys.argv[1].split(",")}))
