"""Judge a trained project on a part of its data."""

from __future__ import annotations

import argparse
from pathlib import Path

from playground.api.judging import PARTS
from playground.cli.opening import check, open_project
from playground.cli.output import Output
from playground.cli.weights import kind_arguments, take_weights, weights_argument
from playground.document.file import load, save
from playground.errors import BadValue


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a .play project with weights")
    parser.add_argument("--part", choices=PARTS, default="validation", help="which part of the data (default: validation)")
    weights_argument(parser)
    kind_arguments(parser)
    parser.add_argument("--keep", action="store_true", help="keep these weights in the project, in place of its own")


def run(args: argparse.Namespace, out: Output) -> int:
    if args.keep and args.weights is None:
        raise BadValue("There is nothing to keep: name a file of weights with --weights.")
    project = open_project(args.file, out)
    check(project, out)
    take_weights(project, args.weights, out)
    found = project.evaluate(args.part, averaged=args.averaged, best=args.best)
    out.event("evaluated", **{**found, "part": args.part})
    out.table(("", args.part), [(name.replace("_", " "), f"{value:.6g}") for name, value in found.items()])
    if args.keep:
        save(project.record, args.file, project.sets, load(args.file).runs)
        out.event("kept", path=str(args.file))
        out.say(f"{args.file} holds these weights now.")
    return 0
