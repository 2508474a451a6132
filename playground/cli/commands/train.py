"""Train a project file in the terminal."""

from __future__ import annotations

import argparse
from pathlib import Path

from playground.cli.opening import check, open_project
from playground.cli.output import Output
from playground.cli.setting import HELP
from playground.cli.training import train_and_keep


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a .play project")
    parser.add_argument("--epochs", type=int, help="passes over the training part, instead of the project's")
    parser.add_argument("--seed", type=int, help="start weights, order of samples and dropout, instead of the project's")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the results go; otherwise NAME-trained in this folder")
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="CHECKPOINT",
        help="go on from a checkpoint of a run of this project, with its knobs such as the rate, to the planned epochs",
    )
    parser.add_argument(
        "--checkpoint-every",
        type=int,
        metavar="EPOCHS",
        help="write last.safetensors into DIR after every so many epochs and at the end, for --resume where the training is killed",
    )
    parser.add_argument("--with-optimizer", action="store_true", help="weights.safetensors holds the optimizer's state too")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="NAME=VALUE",
        help=HELP,
    )


def run(args: argparse.Namespace, out: Output) -> int:
    project = open_project(args.file, out, args.settings)
    for name in ("epochs", "seed"):
        if getattr(args, name) is not None:
            project.set(**{name: getattr(args, name)})
    check(project, out)
    folder = args.out or Path(f"{args.file.stem}-trained")
    return train_and_keep(
        project, folder, out, with_optimizer=args.with_optimizer, resume=args.resume, every=args.checkpoint_every
    )
