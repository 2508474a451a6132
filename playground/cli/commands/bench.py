"""Measure speed, on request beside PyTorch and JAX in the same run."""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial

from playground.cli.bench.figures import Figure, arena_sizes, compile_everything, edit_to_first_step, in_the_window, worker_ready
from playground.cli.bench.measure import ROUNDS, Measured, Told, measure
from playground.cli.bench.scaling import growth
from playground.cli.bench.sides import DISTURBING, SideFailed
from playground.cli.bench.workloads import WORKLOADS, Workload, workload
from playground.cli.output import Output
from playground.errors import BadValue

#: P3 has two halves, the worker's and the window's.
FIGURES: dict[str, tuple[Callable[[], Figure | Iterator[Figure]], ...]] = {
    "P1": (edit_to_first_step,),
    "P2": (compile_everything,),
    "P3": (worker_ready, partial(in_the_window, "P3")),
    **{id: (partial(in_the_window, id),) for id in ("P4", "P5", "P6", "P7", "L12")},
    "P8": (arena_sizes,),
    "P9": (growth,),
}
GROUPS = ("torch", "jax")


def arguments(parser: argparse.ArgumentParser) -> None:
    ids = [*(one.id for one in WORKLOADS), *FIGURES]
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"what to measure: {', '.join(ids)} (default: all)")
    parser.add_argument("--peers", action="store_true", help="measure PyTorch and JAX beside us (the peers extra)")
    parser.add_argument("--jax-python", metavar="PATH", help="a Python that has jax and numpy, where this one has none")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"measurements of each side (default: {ROUNDS})")
    parser.add_argument("--check", action="store_true", help="only compare losses with PyTorch's, without timing")


def run(args: argparse.Namespace, out: Output) -> int:
    chosen = args.ids or [*(one.id for one in WORKLOADS), *FIGURES]
    unknown = [id for id in chosen if id not in FIGURES and id not in {one.id for one in WORKLOADS}]
    if unknown:
        raise BadValue(f"There is no workload or figure called {', '.join(unknown)}.")
    for name in DISTURBING:
        os.environ.pop(name, None)
    with out.progress() as bar:
        measured = [_measured(args, workload(id), out, bar.show) for id in chosen if id not in FIGURES]
        figures = [figure for id in chosen if id in FIGURES for figure in _figures(id, out)]
    good = all(one.valid is not False for one in measured) and all(one.valid is not False for one in figures)
    _table(measured, out)
    _figure_table(figures, out)
    return 0 if good else 1


def _pythons(args: argparse.Namespace) -> dict[str, str]:
    """Interpreters of the peers. PyTorch also judges our losses when nobody asked for its time."""
    found = {}
    if importlib.util.find_spec("torch") is not None:
        found["torch"] = sys.executable
    if args.jax_python:
        found["jax"] = args.jax_python
    elif importlib.util.find_spec("jax") is not None:
        found["jax"] = sys.executable
    missing = [group for group in GROUPS if group not in found]
    if args.peers and missing:
        raise BadValue(f"Not installed: {', '.join(missing)}. Install the peers extra, or name a Python with --jax-python.")
    return found


def _measured(args: argparse.Namespace, one: Workload, out: Output, told: Told) -> Measured:
    pythons = _pythons(args)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = min(2, cores)
    if args.peers or args.check:
        found = measure(one, pythons if args.peers else _only(pythons, "torch"), cores, args.rounds, not args.check, told)
    else:
        judged = measure(one, _only(pythons, "torch"), cores, args.rounds, False, told) if "torch" in pythons else None
        found = measure(one, {}, cores, args.rounds, True, told)
        if judged is not None:
            found = Measured(**{**vars(found), "valid": judged.valid, "loss_error": judged.loss_error})
    out.line(**_line(one, found))
    return found


def _only(pythons: dict[str, str], group: str) -> dict[str, str]:
    return {name: path for name, path in pythons.items() if name == group}


def _line(one: Workload, found: Measured) -> dict[str, object]:
    ratios = {group: found.ratio(group) for group in GROUPS}
    judged = zip(ratios.items(), one.targets, strict=True)
    reached = {f"reached_{group}": None if r is None or target is None else r <= target for (group, r), target in judged}
    return {
        "id": one.id, "title": one.title, "us_per_step": found.best.get("ours"),
        **{f"us_{group}": found.best.get(group) for group in GROUPS}, **{f"ratio_{group}": ratios[group] for group in GROUPS},
        "target_torch": one.targets[0], "target_jax": one.targets[1],
        **reached,
        "valid": found.valid, "loss_error": found.loss_error, "sides": found.medians, "spreads": found.spreads, "arena_bytes": found.arena_bytes,
    }  # fmt: skip


def _figures(id: str, out: Output) -> list[Figure]:
    found: list[Figure] = []
    for measured in FIGURES[id]:
        try:
            made = measured()
            found += [made] if isinstance(made, Figure) else list(made)
        except SideFailed as error:
            out.error(str(error))
            found.append(Figure(id, "could not be measured", math.nan, None, "", valid=False))
    for one in found:
        out.line(
            id=one.id, title=one.title, value=one.value, target=one.limit, unit=one.unit, reached=one.reached, valid=one.valid, note=one.note,
        )  # fmt: skip
    return found


def _table(measured: list[Measured], out: Output) -> None:
    if not measured:
        return
    header = ("", "us/step", "torch", "ratio", "target", "jax", "ratio", "target", "losses")
    rows = []
    for found in measured:
        one = workload(found.id)
        cells = [f"{one.id} {one.title}", _number(found.best.get("ours"))]
        for group, target in zip(GROUPS, one.targets, strict=True):
            ratio = found.ratio(group)
            cells += [
                _number(found.best.get(group)),
                "-" if ratio is None else f"{ratio:.3f}",
                "-" if target is None else f"{target:g}",
            ]
        words = {None: "not compared", True: "agree", False: "DIFFER"}
        rows.append([*cells, words[found.valid]])
    out.table(header, rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _figure_table(figures: list[Figure], out: Output) -> None:
    if figures:
        out.say()
        words = {None: "", True: "reached", False: "MISSED"}
        rows = [
            (
                f"{one.id} {one.title}",
                f"{one.value:.3g} {one.unit}",
                "-" if one.limit is None else f"{one.limit:g}",
                words[one.reached],
            )
            for one in figures
        ]
        out.table(("", "value", "target", ""), rows)
        for one in figures:
            if one.note:
                out.say(f"{one.id} {one.title}: {one.note}.")
