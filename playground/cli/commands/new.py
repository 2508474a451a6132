"""Make a project file."""

from __future__ import annotations

import argparse
from pathlib import Path

from playground.api import Project
from playground.cli.examples import example, examples
from playground.cli.output import Output
from playground.cli.written import layer_list, made, one_record
from playground.core import registry
from playground.errors import BadValue, FileError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the .play file to write")
    parser.add_argument("--example", metavar="NAME", help=f"start from one of {', '.join(examples()) or 'none'}")
    parser.add_argument(
        "--data",
        metavar="DATA",
        help=f'the data, such as iris or "table(path=sales.csv, target=price)": one of '
        f"{', '.join(cls.id for cls in registry.entries('dataset'))}",
    )
    parser.add_argument(
        "--layers",
        metavar="LIST",
        default="",
        help='layers in order, such as "dense(units=32, start=normal(deviation=0.1)) relu dense(units=3)"; the last one must fit the data',
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(args: argparse.Namespace, out: Output) -> int:
    if args.file.exists() and not args.force:
        raise FileError(f"{args.file} is there already. Choose another name, or write over it with --force.")
    if args.example and args.data:
        raise BadValue("A project starts from --example or from --data, not from both.")
    name = args.file.stem
    if args.example:
        project = Project.load(example(args.example))
    elif args.data:
        nodes = [made("layer", one) for one in layer_list(args.layers)]
        project = Project.chain(made("dataset", one_record(args.data)), *nodes, name=name)
    else:
        project = Project.chain(name=name)
    project.save(args.file)
    network = project.record.network
    out.event("made", path=str(args.file), nodes=len(network.nodes), problems=[problem.text for problem in project.problems()])
    out.say(
        f"{args.file} has {len(network.nodes)} nodes. `playground {args.file}` opens it, `playground train {args.file}` trains it."
    )
    for problem in project.problems():
        out.say(f"Still to do: {problem.text}")
    return 0
