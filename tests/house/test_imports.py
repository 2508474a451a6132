"""What each process may load: Qt in the window only, numba in the worker only."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import playground

WATCHED = ("PySide6", "numba", "llvmlite", "torch", "sklearn", "onnx", "pandas")


def loaded_by(*modules: str, watched: tuple[str, ...] = WATCHED) -> set[str]:
    """The watched libraries that a fresh process holds after importing the modules."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(json.dumps([name for name in {watched!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return set(json.loads(done.stdout.splitlines()[-1]))


#: Scripts for another interpreter, which the product never imports.
SCRIPTS = ("playground.cli.bench.torch_side", "playground.cli.bench.jax_side")


def modules(*without: str) -> list[str]:
    """Every module apart from those under some packages."""
    without = (*without, *SCRIPTS)
    names = [module.name for module in pkgutil.walk_packages(playground.__path__, "playground.")]
    return [name for name in names if not any(name == w or name.startswith(w + ".") for w in without)]


def test_nothing_but_the_window_loads_qt() -> None:
    found = loaded_by(*modules("playground.ui", "playground.assets"))
    assert not found & {"PySide6"}


def test_importing_any_module_loads_no_compiler_and_no_heavy_library() -> None:
    """Numba comes with the first run, scikit-learn with the first of its data sets, onnx with the first export."""
    assert not loaded_by(*modules("playground.ui", "playground.engine.jit"))


def test_the_window_loads_no_numba() -> None:
    found = loaded_by("playground.__main__", *[name for name in modules() if name.startswith("playground.ui")])
    assert not found - {"PySide6"}


def test_the_first_paint_waits_for_nothing_that_reads_files() -> None:
    """Pydantic, a fifth of a second, comes with the first project that is read; the other libraries with their first use."""
    late = ("pydantic", "safetensors", "PIL", "importlib.metadata", "scipy", "asyncio")
    assert not loaded_by("playground.ui.main_window", watched=late)


def test_the_package_itself_is_light() -> None:
    assert not loaded_by("playground", "playground.__main__")
