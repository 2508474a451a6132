"""Make a project file."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from playground.api import Project, parts
from playground.cli.examples import example, examples
from playground.cli.opening import parsed
from playground.cli.output import Output
from playground.core import registry
from playground.errors import BadValue, FileError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the .play file to write")
    parser.add_argument("--example", metavar="NAME", help=f"start from one of {', '.join(examples()) or 'none'}")
    parser.add_argument("--data", metavar="ID", help=f"the data: {', '.join(cls.id for cls in registry.entries('dataset'))}")
    parser.add_argument(
        "--layers",
        metavar="LIST",
        default="",
        help='layers in order, such as "dense(units=32) relu dense(units=3)"; the last one must fit the data',
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
        nodes = [parts.make("layer", *one) for one in layer_list(args.layers)]
        project = Project.chain(parts.make("dataset", args.data, {}), *nodes, name=name)
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


_LAYER = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(?:\(([^()]*)\))?\s*,?")


def layer_list(text: str) -> list[tuple[str, dict[str, object]]]:
    """ "dense(units=8) relu" as [("dense", {"units": 8}), ("relu", {})]; pairs are written 3x3. Raises BadValue."""
    found: list[tuple[str, dict[str, object]]] = []
    at = 0
    while text[at:].strip():
        match = _LAYER.match(text, at)
        if match is None or match.end() == at:
            raise BadValue(f"Layers are written like dense(units=32) relu dense(units=3); {text[at:].strip()[:40]!r} is not.")
        settings: dict[str, object] = {}
        for one in (match[2] or "").split(","):
            if one.strip():
                settings |= {name: _pair(value) for name, value in parsed(one.strip()).items()}
        found.append((match[1], settings))
        at = match.end()
    return found


def _pair(value: object) -> object:
    pair = re.fullmatch(r"(\d+)x(\d+)", value) if isinstance(value, str) else None
    return (int(pair[1]), int(pair[2])) if pair else value
