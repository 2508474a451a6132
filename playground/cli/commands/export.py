"""Take a trained network away."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from playground.cli.opening import check, open_project
from playground.cli.output import Output
from playground.cli.weights import take_weights
from playground.formats.export import format_of, formats


def arguments(parser: argparse.ArgumentParser) -> None:
    endings = ", ".join(f"{one.suffix} ({one.title})" for one in formats())
    parser.add_argument("file", type=Path, metavar="FILE", help="a .play project with weights")
    parser.add_argument("to", type=Path, nargs="+", metavar="TO", help=f"what to write; the ending says the format: {endings}")
    parser.add_argument("--format", choices=[one.id for one in formats()], help="the format, where the ending does not say it")
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="a .safetensors or .npz file instead of the project's weights"
    )


def run(args: argparse.Namespace, out: Output) -> int:
    for path in args.to:
        format_of(path, args.format)
    project = open_project(args.file, out)
    check(project, out)
    take_weights(project, args.weights)
    for path in args.to:
        certificate = project.export(path, args.format)
        out.event("exported", path=str(path), bytes=path.stat().st_size, **dataclasses.asdict(certificate))
        out.say(f"{path} ({path.stat().st_size:,} bytes). {certificate.sentence()}")
    return 0
