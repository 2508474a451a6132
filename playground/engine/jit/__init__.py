"""The only importer of Numba: kernels and the runner, compiled and kept on disk.

With NUMBA_DISABLE_JIT=1 nothing is compiled and Numba is not imported: the same functions run as plain Python.
Import this package only where a program is about to run.
"""

from __future__ import annotations

import os

if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
    from playground.engine.jit.plain import compilations, compile_kernels, compiled, max_threads, run, table
else:
    from playground.engine.jit.native import (  # type: ignore[assignment]
        compilations,
        compile_kernels,
        compiled,
        max_threads,
        run,
        table,
    )

__all__ = ["compilations", "compile_kernels", "compiled", "max_threads", "run", "table"]
