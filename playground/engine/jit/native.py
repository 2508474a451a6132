"""Kernels and the runner as machine code."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

# libgomp reads this when it is first loaded. Left alone, its threads spin for milliseconds before and after a run, on cores that another
# process (the window) may need. 5000 turns are 0.1 ms, as in `engine.team`, by whose rules threads wait for one another during a run.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")

import numba
import numpy as np

from playground.engine import kernel as registry
from playground.engine import runner, team
from playground.engine.jit import second
from playground.engine.jit.arrays import SIGNATURE
from playground.engine.jit.compile import Bound, build, cache_directory, compilations, place
from playground.engine.operands import decoded

__all__ = ["address", "compilations", "compile_kernels", "compiled", "max_threads", "run", "table"]

f4, i8 = numba.float32, numba.int64
RUN = i8(
    i8[::1], i8[:, ::1], i8[:, ::1], i8[:, ::1], i8[:, ::1], f4[::1], i8[::1], f4[::1], f4[:, ::1], f4[:, ::1], i8, i8[::1], i8
)  # fmt: skip

_ready: dict[str, Any] = {}
_lock = threading.RLock()  # Numba's compiler is not safe to enter twice
_parallel = threading.Lock()  # nor are its threads, on the layer that it falls back to

#: The runner for one thread and for several: its source, and what it is compiled with.
RUNNERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "run_serial": (runner.run, {}),
    "run_parallel": (runner.run_together, {"parallel": True}),
}


@cache
def _recipe(name: str) -> tuple[Bound, Any, dict[str, Any]]:
    """What `build` takes for a kernel or a runner. Raises KeyError."""
    if name in RUNNERS:
        source, options = RUNNERS[name]
        return Bound(source, name=name), RUN, options
    return Bound(decoded(registry.find(name))), SIGNATURE, {}


def compiled(name: str) -> Any:
    """The kernel as a function of (F, R, w, k), or a runner; compiled or loaded on first use. Raises KeyError."""
    if name not in _ready:  # one that is there does not wait until another thread has compiled another one
        with _lock:
            if name not in _ready:
                bound, signature, options = _recipe(name)
                _ready[name] = build(bound, signature, **options)
    return _ready[name]


def address(name: str) -> int:
    """Where the kernel's machine code begins."""
    result = compiled(name).get_compile_result(SIGNATURE)
    return int(result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name))


def table(names: Sequence[str]) -> np.ndarray:
    """What the opcodes 0, 1, ... stand for."""
    return np.array([address(name) for name in names], np.int64)


def _lacks(name: str) -> bool:
    """Is the kernel or runner neither here nor on the disk?"""
    if name in _ready:
        return False
    with _lock:
        bound, signature, options = _recipe(name)
        return not place(bound, signature, **options).exists()


def compile_kernels(names: Sequence[str], progress: Callable[[str, int, int], None] | None = None) -> None:
    """Have these kernels and the runners ready; where many are new, a second process compiles some of them.

    progress: told (what comes next, how many are done, of how many).
    """
    work, shared = [*RUNNERS, *names], 0
    told = progress or (lambda name, done, total: None)
    lacking = [name for name in work if _lacks(name)]
    if second.worthwhile(lacking, cache_directory()):
        sources = {name: RUNNERS[name][0] if name in RUNNERS else registry.find(name) for name in lacking}
        with second.Shared(sources, cache_directory()) as both:
            for name in both:
                told(name, both.done, len(work))
                compiled(name)
        work.sort(key=lambda name: name not in sources)
        shared = len(lacking)
    for done, name in enumerate(work):
        if done >= shared:
            told(name, done, len(work))
        compiled(name)
    told("", len(work), len(work))


def max_threads() -> int:
    """Threads that a parallel run may use."""
    return int(numba.config.NUMBA_NUM_THREADS)


def run(*arguments: Any, threads: int = 1) -> int:
    """See `engine.runner.run`, without the team. threads: more than 1 share the chains of a stage. The bits are the same."""
    threads = min(threads, max_threads())
    twin = compiled("run_parallel" if threads > 1 else "run_serial")
    shared = team.assemble(arguments[3])
    if threads == 1:
        return int(twin(*arguments, shared, 1))
    with _parallel:
        numba.set_num_threads(threads)
        return int(twin(*arguments, shared, threads))
