"""Take a trained network away."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from playground.cli.opening import check, open_project
from playground.cli.output import Output
from playground.cli.weights import kind_arguments, take_weights, weights_argument
from playground.errors import BadValue
from playground.formats.export import format_of, formats


def arguments(parser: argparse.ArgumentParser) -> None:
    endings = ", ".join(f"{one.suffix} ({one.title})" for one in formats())
    parser.add_argument("file", type=Path, metavar="FILE", help="a .play project with weights")
    parser.add_argument("to", type=Path, nargs="+", metavar="TO", help=f"what to write; the ending says the format: {endings}")
    parser.add_argument("--format", choices=[one.id for one in formats()], help="the format, where the ending does not say it")
    weights_argument(parser)
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="a checkpoint of a run instead of the project's weights; has the optimizer's state",
    )
    parser.add_argument(
        "--with-optimizer",
        action="store_true",
        help="the optimizer's state too, in safetensors and NPZ: that of --checkpoint, or of a file of --weights that holds it",
    )
    parser.add_argument(
        "--optimizer-from", type=Path, metavar="FILE", help="the same, of another .safetensors or .npz file that holds it"
    )
    kind_arguments(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    with_optimizer = args.with_optimizer or args.optimizer_from is not None
    for path in args.to:
        format = format_of(path, args.format)
        if with_optimizer and not format.keeps_optimizer:
            raise BadValue(f"{format.title} has no place for an optimizer's state. Leave --with-optimizer out for {path.name}.")
    project = open_project(args.file, out)
    check(project, out)
    take_weights(project, args.weights, out)
    if args.checkpoint is not None:
        project.take_checkpoint(args.checkpoint)
    source = args.optimizer_from or (args.weights if args.checkpoint is None else None)
    if with_optimizer and source is not None:
        project.take_optimizer_state(source)
    for path in args.to:
        certificate = project.export(path, args.format, optimizer=with_optimizer, averaged=args.averaged, best=args.best)
        out.event("exported", path=str(path), bytes=path.stat().st_size, **dataclasses.asdict(certificate))
        out.say(f"{path} ({path.stat().st_size:,} bytes). {certificate.sentence()}")
    return 0
