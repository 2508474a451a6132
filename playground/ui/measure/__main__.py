"""`python -m playground.ui.measure [ID ...] [--json]`: figures of the window, each in a line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from playground.cli.output import Output

if TYPE_CHECKING:
    from playground.cli.bench.figures import Figure

FIGURES = ("P3", "P4", "P5", "P6", "P7", "L12")


def measurements() -> dict[str, Callable[[Path], Iterator[Figure]]]:
    """What measures each figure. Imported here, so that a process that only starts others needs no window."""
    from playground.ui.measure import delay, drawing, start, tiles, watched

    return {
        "P3": start.usable, "P4": delay.event_loop_delay, "P5": watched.slowed_by_watching, "P6": drawing.redraws,
        "P7": drawing.large_canvas, "L12": tiles.frames_a_second,
    }  # fmt: skip


def choose_platform() -> None:
    """Off screen, unless a display is there or a platform was asked for; NumPy on one thread, as in the program."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m playground.ui.measure", description=__doc__)
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"what to measure: {', '.join(FIGURES)} (default: all)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    args = parser.parse_args(arguments)
    unknown = [id for id in args.ids if id not in FIGURES]
    if unknown:
        parser.error(f"There is no figure called {', '.join(unknown)}.")
    choose_platform()
    out, good = Output(json_lines=args.json), True
    from playground.ui.measure.stage import own_home

    with own_home() as home:
        for id in args.ids or FIGURES:
            for one in measurements()[id](home):
                tell(one, out)
                good &= one.valid is not False
    return 0 if good else 1


def tell(one: Figure, out: Output) -> None:
    """One figure, for machines or for people."""
    out.line(
        id=one.id, title=one.title, value=one.value, target=one.limit, unit=one.unit, reached=one.reached, valid=one.valid, note=one.note,
    )  # fmt: skip
    words = {None: "", True: "reached", False: "MISSED"}
    out.say(f"{one.id} {one.title}: {one.value:.3g} {one.unit} (target {one.limit:g}, {words[one.reached]}). {one.note}")


if __name__ == "__main__":
    sys.exit(main())
