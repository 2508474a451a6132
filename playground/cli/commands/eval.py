"""Judge a trained project on a part of its data."""

from __future__ import annotations

import argparse
from pathlib import Path

from playground.api.judging import PARTS
from playground.cli.opening import check, open_project
from playground.cli.output import Output
from playground.cli.weights import take_weights


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a .play project with weights")
    parser.add_argument("--part", choices=PARTS, default="validation", help="which part of the data (default: validation)")
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="a .safetensors or .npz file instead of the project's weights"
    )


def run(args: argparse.Namespace, out: Output) -> int:
    project = open_project(args.file, out)
    check(project, out)
    take_weights(project, args.weights)
    found = project.evaluate(args.part)
    out.event("evaluated", part=args.part, **found)
    out.table(("", args.part), [(name.replace("_", " "), f"{value:.6g}") for name, value in found.items()])
    return 0
