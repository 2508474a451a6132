"""`playground` and `python -m playground`. The window is imported only when it opens, so that worker processes never load Qt."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def open_window(file: Path | None) -> int:
    """The event loop of the window; ends with its exit code."""
    # Before NumPy loads: its products here are small pictures, and threads of its own would only wait for cores that train.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from playground.ui import app

    return app.main(file)


def main() -> None:
    import multiprocessing

    from playground import cli

    multiprocessing.freeze_support()
    sys.exit(cli.main(window=open_window))


if __name__ == "__main__":
    main()
