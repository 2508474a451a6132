"""Do a run again from its record and see whether the same comes out."""

from __future__ import annotations

import argparse
from pathlib import Path

from playground.api.replaying import replay
from playground.cli.output import Output
from playground.training.loop import Burst, Trainer

SAME, OTHER = 0, 1


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("record", type=Path, metavar="RUN", help="a run's folder, or the run.json in it")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="what the data's paths are relative to; otherwise this folder")


def run(args: argparse.Namespace, out: Output) -> int:
    with out.progress() as bar:

        def watch(trainer: Trainer, burst: Burst) -> None:
            bar.show("Replaying", trainer.machine.step, trainer.total_steps, f"epoch {trainer.machine.epoch:,}")

        found = replay(
            args.record,
            folder=args.folder,
            watch=watch,
            compiling=lambda name, done, total: bar.show("Compiling kernels, once on this machine", done, total, name),
        )
    for note in () if found.equal else found.notes:
        out.warn(note)
    out.event(
        "replayed", equal=found.equal, steps=found.run.finished.last_step, state_sha256=found.run.finished.state_sha256,
        expected=found.expected,
    )  # fmt: skip
    (out.say if found.equal else out.complain)(str(found))
    return SAME if found.equal else OTHER
