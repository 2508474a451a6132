"""Weights from a file of their own."""

from __future__ import annotations

import argparse
from pathlib import Path

from playground.api import Project
from playground.cli.output import Output

HELP = "a .safetensors, .npz or .onnx file instead of the project's weights"


def weights_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, metavar="FILE", help=HELP)


def kind_arguments(parser: argparse.ArgumentParser) -> None:
    """Which set of weights, of those that the project or a checkpoint holds; otherwise the one that its plan evaluates with."""
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--averaged", action="store_true", default=None, help="the averaged weights")
    kind.add_argument(
        "--raw", dest="averaged", action="store_false", default=None, help="the weights of the last step, not averaged"
    )
    kind.add_argument("--best", action="store_true", help="the weights of the best epoch, which a checkpoint does not hold")


def take_weights(project: Project, path: Path | None, out: Output) -> None:
    """Replace the project's weights by those of a file and say what it does not hold; None leaves them. Raises FileError or BadValue."""
    if path is None:
        return
    found = project.load_weights(path)
    out.event("imported", path=str(path), error=found.error, probe_rows=found.probe_rows, interpreter=found.interpreter)
    out.complain(f"{path}: {found.sentence()}")
    for note in found.notes:
        out.warn(note)
