"""Training in the terminal: a live line or JSON lines while it runs, then weights, curve, record and project in a folder."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from playground.api import Project
from playground.api.run import Run
from playground.cli.curve import Axes, Curve, save_picture
from playground.cli.output import Bar, Output
from playground.document.saver import save_atomically
from playground.errors import FileError, PlaygroundError
from playground.formats.certificate import ExportBlocked
from playground.training.leaving import Leaving
from playground.training.loop import Burst, Trainer
from playground.training.messages import EpochRecord
from playground.training.run_record import RunRecord, fingerprint

DONE, FAILED = 0, 1


def train_and_keep(
    project: Project,
    folder: Path,
    out: Output,
    *,
    with_optimizer: bool = False,
    resume: Path | None = None,
    every: int | None = None,
) -> int:
    """Train, write everything into the folder, and give the exit code.

    with_optimizer: its state goes into the file of weights.  resume: a checkpoint to go on from.

    every: epochs from one checkpoint in the folder to the next; None for none.
    """
    leaving = None if every is None else Leaving(folder, every, out.warn)
    with _made(folder), out.progress() as bar, _ended_like_ctrl_c():
        run = project.train(watch=_watcher(project, out, bar), compiling=_compiling(bar), resume=resume, checkpoints=leaving)
    for note in run.notes if resume is not None else ():
        out.warn(note)
    keep(project, run, folder, out, with_optimizer=with_optimizer)
    if run.fault is not None:
        fields = dataclasses.asdict(run.fault)
        out.event("fault", **fields)
        out.complain(run.fault.text)
        return FAILED
    done = run.finished
    out.event(
        "finished", steps=done.last_step, seconds=done.seconds, steps_per_second=done.steps_per_second,
        state_sha256=done.state_sha256, out=str(folder), reason=done.reason,
    )  # fmt: skip
    out.say(str(run))
    out.say(
        f"{folder}{'' if str(folder).endswith('/') else '/'} holds {', '.join(sorted(path.name for path in folder.iterdir()))}."
    )
    return FAILED if done.reason == "stopped" else DONE


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[None]:
    """A folder that is there while something is done, and gone again where that was refused and the folder is new and empty."""
    new = not folder.exists()
    _make(folder)
    try:
        yield
    except PlaygroundError:
        if new:
            with contextlib.suppress(OSError):  # something lies in it by now
                folder.rmdir()
        raise


def _make(folder: Path) -> None:
    """The folder, before the hours of training whose results it shall take. Raises FileError."""
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder} is a file, and the results need a folder. Name another one with --out.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder} cannot be made: {error.strerror}. Name another folder with --out.") from error
    if not os.access(folder, os.W_OK):
        raise FileError(f"{folder} may not be written to. Name another folder with --out.")


@contextlib.contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """What ends a program from outside (kill, a time limit, a terminal that closes) ends the training, and its results are kept."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    names = ("SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # A program under nohup is meant to go on when its terminal closes.
    before = {one: signal.signal(one, end) for one in known if signal.getsignal(one) == signal.SIG_DFL}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _compiling(bar: Bar) -> Any:
    def told(name: str, done: int, total: int) -> None:
        bar.show("Compiling kernels, once on this machine", done, total, name)

    return told


def _watcher(project: Project, out: Output, bar: Bar) -> Any:
    total = project.record.training.epochs

    def told(trainer: Trainer, burst: Burst) -> None:
        memory = trainer.memory
        speed = memory.last_step / memory.seconds if memory.seconds else 0.0
        last = float(burst.rows["loss"][-1]) if len(burst.rows) else float("nan")
        bar.show("Training", memory.last_step, trainer.total_steps, f"loss {last:.4f}  {speed:,.0f} steps/s")
        if burst.record is None:
            return
        try:
            out.event("epoch", **epoch_fields(burst.record))
            if not out.terminal:
                out.say(epoch_line(burst.record, total))
        except OSError as error:  # nobody can read any more, so it ends here, with its results
            out.hush()
            raise KeyboardInterrupt from error

    return told


def epoch_fields(record: EpochRecord) -> dict[str, Any]:
    """An epoch as the JSON lines tell it."""
    part = "train" if record.validation_loss is None else "validation"
    return {
        "epoch": record.epoch, "step": record.step, "train_loss": record.train_loss, "validation_loss": record.validation_loss,
        **{f"{part}_{name}": value for name, value in record.metrics.items()},
        **{f"train_{name}": value for name, value in record.train_metrics.items()}, "rate": record.rate,
    }  # fmt: skip


def epoch_line(record: EpochRecord, total: int) -> str:
    """An epoch as a person reads it."""
    words = [f"epoch {record.epoch:>{len(str(total))}}/{total}", f"loss {record.train_loss:.4f}"]
    if record.validation_loss is not None:
        words.append(f"validation {record.validation_loss:.4f}")
    words += [f"{name.replace('_', ' ')} {value:.4f}" for name, value in record.metrics.items()]
    return "  ".join([*words, f"rate {record.rate:.3g}"])


def keep(project: Project, run: Run, folder: Path, out: Output, *, with_optimizer: bool = False) -> None:
    """Project with weights, weights alone, curve and record, into the folder."""
    name = project.record.name
    project.save(folder / f"{_file_name(name)}.play")
    try:
        certificate = project.export(folder / "weights.safetensors", optimizer=with_optimizer)
    except ExportBlocked as error:
        out.warn(str(error))
    else:
        out.say(certificate.sentence())
    curve_of(run, name, folder / "curve.png")
    record = RunRecord(folder, project.record, fingerprint(project.record, project.samples(), run.chains), run.notes)
    for epoch in run.epochs:
        record.add_epoch(epoch)
    record.finish(run.finished)
    save_atomically(record.path, record.encoded(run.journal))


def _file_name(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in name).strip("-")
    return kept[:80] or "project"


def curve_of(run: Run, name: str, path: Path) -> None:
    """The loss of every epoch, and of every step where there are few epochs."""
    curves = []
    steps = run.began + np.arange(1, len(run.losses) + 1)
    if len(run.epochs) >= 2:
        x = np.array([one.epoch for one in run.epochs], np.float64)
        curves.append(Curve("training loss", x, np.array([one.train_loss for one in run.epochs])))
        kept = [one.validation_loss for one in run.epochs if one.validation_loss is not None]
        if len(kept) == len(x):
            curves.append(Curve("validation loss", x, np.array(kept)))
        label = "epoch"
    else:
        curves.append(Curve("training loss", steps.astype(np.float64), run.losses.astype(np.float64)))
        label = "step"
    save_picture(path, curves, Axes(title=name, x=label, y="loss"))
