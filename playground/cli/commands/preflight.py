"""Look at a project before it trains: can it learn, and what will it cost on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from playground.cli.opening import check, open_project
from playground.cli.output import Output
from playground.cli.setting import HELP
from playground.errors import BadValue
from playground.training import batches
from playground.training.assembly import Assembled, assemble
from playground.training.durations import in_words
from playground.training.memory import in_words as bytes_in_words
from playground.training.messages.analysis import LayerCost
from playground.training.preflight import Found, figures_of, preflight

MARKS = {"ok": "  ok  ", "info": " note ", "warn": " warn ", "error": "FAILED"}
WORDS = {
    "start": "first loss", "fits": "one batch alone", "labels": "labels and shuffled labels", "time": "time and memory",
}  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a .play project")
    parser.add_argument("--seconds", type=float, default=1.5, help="that a check may take, about (default: 1.5)")
    parser.add_argument("--layers", action="store_true", help="say what every layer costs")
    parser.add_argument("--batches", action="store_true", help="measure batch sizes too")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help=f"{HELP}; it is not saved"
    )


def run(args: argparse.Namespace, out: Output) -> int:
    """1 when a check failed."""
    if not args.seconds > 0:
        raise BadValue(f"The seconds of a check must be above 0; {args.seconds:g} was given.")
    project = open_project(args.file, out, args.settings)
    check(project, out)
    made = assemble(project.record, project.samples())
    with out.progress() as bar:
        machine = made.machine(
            progress=lambda name, done, total: bar.show("Compiling kernels, once on this machine", done, total, name)
        )
        machine.initialise(project.record.training.seed)
        found = preflight(made, machine, args.seconds, lambda id, done, total: bar.show("Pre-flight", done, total, WORDS[id]))
    for one in found.checks:
        out.say(f"[{MARKS[one.level]}] {one.title}: {one.text}")
        if one.remedy:
            out.say(f"         {one.remedy}")
    out.event("preflight", **figures_of(found))
    if args.layers:
        _say_layers(found, out)
    if args.batches:
        _batches(made, out)
    return int(any(one.level == "error" for one in found.checks))


def _say_layers(found: Found, out: Output) -> None:
    whole = sum(layer.seconds for layer in found.layers) or 1.0
    header = ("layer", "share", "forward", "backward", "update", "weights", "outputs")

    def row(layer: LayerCost) -> tuple[str, ...]:
        times = (layer.forward, layer.backward, layer.update)
        sizes = (layer.weight_bytes, layer.output_bytes)
        return (
            layer.node or "samples, checks",
            f"{100 * layer.seconds / whole:.1f} %",
            *(in_words(took) if took else "" for took in times),
            *(bytes_in_words(size) if size else "" for size in sizes),
        )

    out.table(header, [row(layer) for layer in found.layers])


def _batches(made: Assembled, out: Output) -> None:
    search = batches.Search(made)
    for size in search:
        out.event(
            "batch", batch=size.batch, samples_per_second=size.rate, step_seconds=size.step_seconds, memory_bytes=size.nbytes
        )
    found = search.found()
    out.table(
        ("batch", "samples/s", "step", "memory"),
        [(f"{s.batch}", f"{s.rate:,.0f}", in_words(s.step_seconds), bytes_in_words(s.nbytes)) for s in found.sizes],
    )
    out.say(batches.outcome(found, made.project.training.batch))
    out.event("batches", suggested=found.suggested, stopped=found.stopped)
