"""The main job at one go: the window on an example, or training it here where there is no display."""

from __future__ import annotations

import argparse
from pathlib import Path

from playground.cli.display import missing_display
from playground.cli.examples import example, examples
from playground.cli.output import Output

USUAL = "digits_mlp"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--example", default=USUAL, metavar="NAME", help=f"one of {', '.join(examples()) or 'none'} (default: {USUAL})"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("playground-demo"), metavar="DIR", help="where the results go (default: playground-demo)"
    )
    parser.add_argument("--terminal", action="store_true", help="train in the terminal even with a display")


def run(args: argparse.Namespace, out: Output) -> int:
    path = example(args.example)
    reason = missing_display() if args.window is not None else "This build has no window."
    if not reason and not args.terminal and not out.json_lines:
        return int(args.window(path))
    # Only now: the window's process never loads the training loop.
    from playground.cli.opening import open_project
    from playground.cli.training import train_and_keep

    out.say(f"Training the example {args.example} here.")
    code = train_and_keep(open_project(path, out), args.out, out)
    if reason:
        out.say(reason)
    return code
