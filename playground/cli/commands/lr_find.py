"""Search for a good learning rate."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from playground.cli.curve import Axes, Curve, save_picture
from playground.cli.opening import check, open_project
from playground.cli.output import Output
from playground.document.edits import SetPlan
from playground.training.assembly import assemble
from playground.training.finder import Options, Search, outcome
from playground.training.messages import base_rate


def arguments(parser: argparse.ArgumentParser) -> None:
    usual = Options()
    parser.add_argument("file", type=Path, metavar="FILE", help="a .play project")
    parser.add_argument("--low", type=float, default=usual.low, help=f"first rate (default: {usual.low:g})")
    parser.add_argument("--high", type=float, default=usual.high, help=f"last rate (default: {usual.high:g})")
    parser.add_argument("--steps", type=int, default=usual.steps, help=f"batches (default: {usual.steps})")
    parser.add_argument("--picture", type=Path, metavar="PNG", help="write the curve as a picture")
    parser.add_argument("--apply", action="store_true", help="save the suggested rate in the project")


def run(args: argparse.Namespace, out: Output) -> int:
    project = open_project(args.file, out)
    check(project, out)
    made = assemble(project.record, project.samples())
    options = Options(low=args.low, high=args.high, steps=args.steps)
    options.check()
    with out.progress() as bar:
        machine = made.machine(
            progress=lambda name, done, total: bar.show("Compiling kernels, once on this machine", done, total, name)
        )
        machine.initialise(project.record.training.seed)
        with Search(machine, options) as search:
            for done, point in enumerate(search, start=1):
                out.event("point", rate=point.rate, loss=point.loss, smoothed=point.smoothed)
                bar.show("Searching", done, options.steps, f"rate {point.rate:.2g}  loss {point.smoothed:.4f}")
            found = search.found()
    if args.picture is not None:
        rates = np.array([point.rate for point in found.points])
        curves = [
            Curve("loss", rates, np.array([point.loss for point in found.points]), faint=True),
            Curve("smoothed loss", rates, np.array([point.smoothed for point in found.points])),
        ]
        mark = None if found.valley is None else (found.valley, f"valley {found.valley:.2g}")
        axes = Axes(title=f"Learning rate of {project.record.name}", x="learning rate", y="loss", log_x=True, mark=mark)
        save_picture(args.picture, curves, axes)
    training = project.record.training
    factor = made.lowered.highest_factor(training.epochs * training.steps_of_epoch(made.prepared.train.count))
    base = None if found.valley is None else base_rate(found.valley, factor)
    if args.apply and base is not None:
        project.record = SetPlan("training", "optimizer.rate", base).apply(project.record)
        project.save(args.file)
    out.event(
        "found",
        valley=found.valley,
        steepest=found.steepest,
        stopped=found.stopped,
        base_rate=base,
        applied=args.apply and base is not None,
    )
    out.say(outcome(found))
    if base is not None and factor != 1.0:
        out.say(
            f"The schedule multiplies the base rate by {factor:.3g} at most: {base:.3g} as the base rate comes to the valley."
        )
    return 0
