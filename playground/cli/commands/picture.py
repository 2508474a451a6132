"""Draw a project's network as the canvas shows it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from playground.cli.output import Output
from playground.errors import BadValue

ENDINGS = (".svg", ".png")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a .play project")
    parser.add_argument("to", type=Path, nargs="+", metavar="TO", help="what to write; the ending says the format: .svg or .png")
    parser.add_argument(
        "--scale", type=float, default=2.0, metavar="X", help="pixels of a PNG to a unit of the canvas (default: 2)"
    )
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help="the colours (default: light)")


def run(args: argparse.Namespace, out: Output) -> int:
    """In a process of its own, because only that of a window loads Qt."""
    for path in args.to:
        if path.suffix.lower() not in ENDINGS:
            raise BadValue(f"The name must end in .svg or .png; {path.name!r} was given.")
    if not 0.1 <= args.scale <= 8:
        raise BadValue(f"The scale must lie in 0.1 to 8; {args.scale:g} was given.")
    words = [str(args.file), *map(str, args.to), "--scale", f"{args.scale:g}", "--theme", args.theme]
    done = subprocess.run(
        [sys.executable, "-m", "playground.ui.picture", *words],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise BadValue(lines[-1] if lines else "The picture could not be drawn. Open the project in the window for the reason.")
    for path in args.to:
        out.event("drawn", path=str(path), bytes=path.stat().st_size)
        out.say(f"{path} ({path.stat().st_size:,} bytes).")
    return 0
