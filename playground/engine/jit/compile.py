"""Compiling kernels, and keeping the machine code on disk.

An entry of the cache is a folder for one function, named by a hash of everything that its machine code depends on: its own code
and that of the functions and numbers it uses, this package, Numba, llvmlite, Python and the processor. (Numba's own cache does
not notice an edit to a called function or an imported number.) An entry is written beside its place and moved there whole; its
files carry checksums, so one that is cut off or damaged is dropped and compiled again.
"""

from __future__ import annotations

import gc
import hashlib
import json
import marshal
import os
import re
import secrets
import shutil
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np

from playground import paths
from playground.engine import atomics as plain_atomics
from playground.engine import kernel as registry
from playground.engine import vocabulary
from playground.engine.jit import arrays, atomics, lanes, pipeline, target, tile

SEAL = "checksums.json"
#: An entry that no process has loaded for so long is removed when its function is compiled anew.
UNUSED_DAYS = 30
#: The hash at the end of the name of a function that was made from a formula.
MADE = re.compile("_[0-9a-f]{24}$")
#: Functions compiled in this process because the disk had none, in order.
compilations: list[str] = []

#: Every word as plain Python.
PLAIN = {**vocabulary.WORDS, **vocabulary.RUNNER_WORDS, **plain_atomics.WORDS}

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def cache_directory() -> Path:
    """Where machine code is kept: PLAYGROUND_CACHE, or the user's cache folder."""
    given = os.environ.get("PLAYGROUND_CACHE")
    return (Path(given) if given else paths.cache_dir()) / "kernels"


@cache
def words() -> dict[str, Any]:
    """What stands for each word of the vocabulary when compiled."""
    known = {**lanes.WORDS, **tile.WORDS, **arrays.WORDS, **atomics.WORDS, "call": arrays.call, "prange": numba.prange}
    missing = set(PLAIN) - set(known)
    if missing:
        raise TypeError(f"These words of the vocabulary have no compiled form: {sorted(missing)}.")
    return known


@cache
def base_digest() -> bytes:
    """A hash of what all compiled code depends on."""
    name, features = target.processor()
    facts = [numba.__version__, llvmlite.__version__, np.__version__, sys.version, name, features, str(numba.config.BOUNDSCHECK)]
    h = hashlib.sha256("\n".join(facts).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        h.update(file.read_bytes())
    return h.digest()


def _code_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code_names(constant)


class Bound:
    """A function with the compiled words in its globals, and the hash of all that it consists of."""

    def __init__(self, function: Callable[..., Any], *, name: str = "") -> None:
        # version 0: later ones mark shared references, which come and go with what else the process does
        h = hashlib.sha256(marshal.dumps(function.__code__, 0))
        namespace: dict[str, Any] = {"__builtins__": __builtins__, "__name__": function.__module__}
        for used in sorted(set(_code_names(function.__code__))):
            if used in function.__globals__:
                namespace[used], mark = _bind_global(function, used)
                h.update(used.encode() + mark)
        self.digest = h.digest()
        name = name or function.__name__
        self.function = types.FunctionType(function.__code__, namespace, name, function.__defaults__)
        self.function.__module__, self.function.__qualname__ = function.__module__, name


def _bind_global(function: Callable[..., Any], name: str) -> tuple[Any, bytes]:
    """What a global of a kernel becomes, and its part of the hash. Raises TypeError for what a kernel must not read."""
    value = function.__globals__[name]
    if name in target.WIDE:
        return target.shapes()[name], b""
    if value is PLAIN.get(name):
        return words()[name], b""
    if registry.is_inline(value):
        dispatcher, digest = _inlined(value)
        return dispatcher, digest
    if isinstance(value, (int, float, np.number)):
        return value, repr(value).encode()
    if isinstance(value, types.ModuleType) and value.__name__ in ("numpy", "math"):
        return value, b""
    raise TypeError(f"Kernel {function.__name__} reads the global {name}; expected a number, a word or an inline function.")


@cache
def _inlined(function: Callable[..., Any]) -> tuple[Any, bytes]:
    bound = Bound(function)
    # nobody calls it from outside: without the doors for that a kernel of many such functions compiles in a fifth less time
    made = numba.njit(
        error_model="numpy",
        forceinline=True,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        pipeline_class=pipeline.PartCompiler,
    )
    return made(bound.function), bound.digest


@contextmanager
def _caching_in(folder: Path) -> Iterator[None]:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def _seal(folder: Path) -> None:
    """Write the checksums of a folder's files."""
    sums = {str(f.relative_to(folder)): _sum(f) for f in sorted(folder.rglob("*")) if f.is_file() and f.name != SEAL}
    (folder / SEAL).write_text(json.dumps(sums), encoding="utf-8")


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _intact(folder: Path) -> bool:
    """Does every file have the checksum it was sealed with?"""
    try:
        sums: Mapping[str, str] = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        return bool(sums) and all(_sum(folder / name) == expected for name, expected in sums.items())
    except (OSError, ValueError, AttributeError):
        return False


def place(bound: Bound, signature: Any, **options: Any) -> Path:
    """Where the function's machine code is kept."""
    digest = hashlib.sha256(base_digest() + bound.digest + repr((str(signature), sorted(options.items()))).encode()).hexdigest()
    return cache_directory() / f"{bound.function.__name__}-{digest[:24]}"


def build(bound: Bound, signature: Any, **options: Any) -> Any:
    """The function as a Numba dispatcher with this one signature, from the disk where it is there."""
    name, entry = bound.function.__name__, place(bound, signature, **options)
    root = entry.parent
    if entry.exists():
        if _intact(entry):
            with _caching_in(entry):
                made = _made(bound, signature, options, cache=True)
            if not made.stats.cache_hits:  # the source file was touched: Numba compiled anew and rewrote its index
                compilations.append(name)
                _seal(entry)
            _touch(entry)
            return made
        shutil.rmtree(entry, ignore_errors=True)
    compilations.append(name)
    _remove_unused(root, name)
    return _compile_into(root, entry, bound, signature, options)


def _made(bound: Bound, signature: Any, options: Mapping[str, Any], **more: Any) -> Any:
    if not options.get("parallel"):
        more["pipeline_class"] = pipeline.KernelCompiler
    with _uncollected():
        return numba.njit(signature, **OPTIONS, **options, **more)(bound.function)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Numba makes so many objects that the garbage collector would go over everything again and again, in vain."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _touch(entry: Path) -> None:
    """Note that an entry is in use. Where the cache may only be read, nothing is removed either."""
    with suppress(OSError):
        os.utime(entry)


def _remove_unused(root: Path, name: str) -> None:
    """Remove what other versions of this function and processes that died have left behind.

    Functions made from formulas that were typed carry a hash in their names, so all of those count as versions of one.
    """
    limit = time.time() - UNUSED_DAYS * 86_400
    kept = MADE.sub("_*", name)  # the star stands for the hash
    for entry in (*root.glob(f"{kept}-*"), *root.glob(f".{kept}-*")):
        with suppress(OSError):
            if entry.stat().st_mtime < limit:
                shutil.rmtree(entry, ignore_errors=True)


def _compile_into(root: Path, entry: Path, bound: Bound, signature: Any, options: Mapping[str, Any]) -> Any:
    """Compile, and leave the result at `entry` if the disk allows it; without a disk the code lives as long as the process."""
    fresh = root / f".{entry.name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        fresh.mkdir(parents=True)
    except OSError:
        return _made(bound, signature, options)
    try:
        with _caching_in(fresh):
            made = _made(bound, signature, options, cache=True)
        _seal(fresh)
        _move(fresh, entry)
        return made
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _move(fresh: Path, entry: Path) -> None:
    """Give a finished entry its name, unless another process was quicker."""
    try:
        fresh.rename(entry)
    except OSError:
        if not entry.exists():
            raise
