"""Look over this machine and say what is missing, with the words that mend it."""

from __future__ import annotations

import argparse
import ctypes.util
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playground import paths
from playground.cli.display import missing_display, missing_libraries
from playground.cli.output import Output
from playground.errors import PlaygroundError

LIBRARIES = (
    "numpy", "numba", "scipy", "PySide6-Essentials", "pydantic", "safetensors", "onnx", "Pillow", "platformdirs",
    "scikit-learn", "rich",
)  # fmt: skip
#: A project with its run wants about so much room.
LITTLE_ROOM = 500_000_000


class Check(NamedTuple):
    """status: "ok", "warning" (something will not work) or "failed" (the main job will not). mend: what to do."""

    name: str
    status: str
    text: str
    mend: str = ""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="leave out the test run of the engine")


def run(args: argparse.Namespace, out: Output) -> int:
    failed = False
    for check in checks(args.quick, out):
        failed |= check.status == "failed"
        out.event("check", **check._asdict())
        mark = {"ok": "  ok  ", "warning": " warn ", "failed": "FAILED"}[check.status]
        out.say(f"[{mark}] {check.name}: {check.text}")
        if check.mend:
            out.say(f"         {check.mend}")
    return int(failed)


def checks(quick: bool, out: Output) -> Iterator[Check]:
    """All checks, the slow one last."""
    yield _python()
    yield _libraries()
    yield _processor()
    yield _memory()
    yield from _folders()
    yield _openmp()
    yield _window()
    if not quick:
        yield _engine(out)


def _python() -> Check:
    good = (3, 11) <= sys.version_info[:2] < (3, 14)
    text = f"{platform.python_version()} on {platform.system()} {platform.release()}, {platform.machine()}"
    return Check("Python", "ok" if good else "failed", text, "" if good else "Use Python 3.11, 3.12 or 3.13.")


def _libraries() -> Check:
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check("Libraries", "failed", f"missing: {', '.join(missing)}", "Install them: bash .ci/setup in a checkout.")
    return Check("Libraries", "ok", ", ".join(found))


def _processor() -> Check:
    flags = set()
    if os.path.exists("/proc/cpuinfo"):
        line = next((one for one in Path("/proc/cpuinfo").read_text().splitlines() if one.startswith("flags")), "")
        flags = set(line.split())
    vectors = next((title for flag, title in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "no AVX2")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    odd = [name for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if name in os.environ]
    if odd:
        return Check(
            "Processor", "warning", f"{cores} cores, {vectors}; {', '.join(odd)} set", "Unset them: they slow NumPy down."
        )
    return Check("Processor", "ok", f"{cores} cores, {vectors}")


def _memory() -> Check:
    if not hasattr(os, "sysconf") or "SC_AVPHYS_PAGES" not in os.sysconf_names:
        return Check("Memory", "ok", "cannot be measured on this system")
    page = os.sysconf("SC_PAGE_SIZE")
    total, free = page * os.sysconf("SC_PHYS_PAGES"), page * os.sysconf("SC_AVPHYS_PAGES")
    good = total > 2_000_000_000
    text = f"{total / 1e9:.1f} GB, {free / 1e9:.1f} GB unused"
    return Check("Memory", "ok" if good else "warning", text, "" if good else "Keep networks and batches small.")


def _folders() -> Iterator[Check]:
    folders = (("Settings", paths.config_dir), ("Runs and recovery", paths.user_data_dir), ("Compiled kernels", paths.cache_dir))
    for title, find in folders:
        try:
            folder = find()
            with tempfile.TemporaryFile(dir=folder):
                room = shutil.disk_usage(folder).free
        except OSError as error:
            yield Check(title, "failed", f"cannot be written: {error}", "Set PLAYGROUND_HOME to a folder that can.")
            continue
        enough = room > LITTLE_ROOM
        yield Check(
            title, "ok" if enough else "warning", f"{folder}, {room / 1e9:.1f} GB free", "" if enough else "Free some space."
        )


def _openmp() -> Check:
    if not sys.platform.startswith("linux") or ctypes.util.find_library("gomp"):
        return Check("OpenMP", "ok", "training may use several cores")
    return Check("OpenMP", "warning", "libgomp is missing, so training uses one core", "Install it: apt-get install libgomp1")


def _window() -> Check:
    missing = missing_libraries() if sys.platform.startswith("linux") else []
    if missing:
        return Check("Window", "warning", f"Qt lacks {', '.join(missing)}", f"Install them: apt-get install {' '.join(missing)}")
    reason = missing_display()
    return Check("Window", "warning" if reason else "ok", "no display here" if reason else "can open", reason)


def _engine(out: Output) -> Check:
    """A small network trained for a moment; compiles its kernels where this machine never did."""
    from playground.api import Project, dataset, layer

    begun = time.perf_counter()
    project = Project.chain(dataset("moons"), layer("dense", units=8), layer("tanh"), layer("dense", units=2), epochs=5)
    try:
        with out.progress() as bar:
            run = project.train(
                compiling=lambda name, done, total: bar.show("Compiling kernels, once on this machine", done, total, name)
            )
    except (PlaygroundError, ImportError, RuntimeError, OSError) as error:
        return Check(
            "Engine", "failed", f"{type(error).__name__}: {error}", "Delete the folder of compiled kernels and try again."
        )
    first, last = run.epochs[0].train_loss, run.epochs[-1].train_loss
    text = f"{run.finished.steps_per_second:,.0f} steps/s on a small network, ready in {time.perf_counter() - begun:.1f} s"
    if run.fault is not None or not last < first:
        return Check(
            "Engine",
            "failed",
            f"the loss went from {first:.3f} to {last:.3f}",
            "Delete the folder of compiled kernels and try again.",
        )
    return Check("Engine", "ok", text)
