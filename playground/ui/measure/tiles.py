"""L12: how often every node of a network on 2-D data shows a new response while it trains."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from playground.cli.bench.figures import Figure
from playground.core.registry import find
from playground.document.edits import AddLink, AddNode, SetPlan
from playground.document.file import save
from playground.document.project import Project
from playground.training.surfaces import SIDE
from playground.ui.measure.stage import platform, spin, stage

#: 15 a second.
TARGET = 1000 / 15
NODES = 20


def deep(nodes: int, epochs: int = 1_000_000) -> Project:
    """The spiral, so many nodes in two rows: data, layers of eight and sixteen units with skips that meet again, and a loss."""
    project, made = Project(), [AddNode(find("dataset", "spirals")(), position=(0.0, 0.0))]
    for n in range(1, nodes - 1):
        last = n == nodes - 2
        kind = "dense" if last or n % 2 else "concat" if n % 8 == 0 else "tanh"
        settings = {"units": 1 if last else 16 if n % 4 == 1 else 8} if kind == "dense" else {}
        made.append(AddNode(find("layer", kind)(**settings), position=(n % 10 * 150.0, n // 10 * 300.0)))
    made.append(AddNode(find("loss", "binary_cross_entropy")(), position=((nodes - 1) % 10 * 150.0, (nodes - 1) // 10 * 300.0)))
    for edit in made:
        project = edit.apply(project)
    for n in range(nodes - 1):
        project = AddLink(made[n].id, made[n + 1].id).apply(project)
        if made[n + 1].spec.id == "concat":
            project = AddLink(made[n - 3].id, made[n + 1].id, 1).apply(project)
    return SetPlan("training", "epochs", epochs).apply(project)


def frames_a_second(folder: Path, nodes: int = NODES, seconds: float = 6.0) -> Iterator[Figure]:
    """New pictures of all nodes that reach the screen, with the window as large as a screen and the run at full speed."""
    path = folder / "deep.play"
    save(deep(nodes), path)
    with stage() as made:
        made.open(path)
        made.window.layouts.show("build")
        spin(0.2)
        canvas = made.window.canvas
        canvas.zoom_to_fit(most=1.0)
        made.start()
        feed = canvas.feed
        spin(1.5)
        steps: set[int] = set()
        begun, drawn, client = time.perf_counter(), feed.drawn, made.session.client
        first, gaps, last = client.step, [], time.perf_counter()
        while time.perf_counter() - begun < seconds:
            spin(0.002)
            if feed.live.step not in steps:
                steps.add(feed.live.step)
                gaps.append(1e3 * (time.perf_counter() - last))
                last = time.perf_counter()
        span = time.perf_counter() - begun
        shown = [item for item in canvas.canvas.nodes.values() if item.data_shown is not None]
        live = len(feed.live.tiles)
        maps = [item.data_shown.maps for item in shown if item.data_shown is not None and item.data_shown.maps is not None]
        whole = all(one.shape[1:] == (SIDE, SIDE) for one in maps)
        note = (
            f"{len(shown)} pictures of {SIDE}×{SIDE}, {sum(map(len, maps))} tiles, at {canvas.zoom:.0%}; median gap "
            f"{statistics.median(gaps):.0f} ms, longest {max(gaps):.0f}; drawn {(feed.drawn - drawn) / span:.0f} times a second, "
            f"{(client.step - first) / span:,.0f} steps/s meanwhile, {platform()}"
        )
        made.check()
        title = f"new responses in {nodes} nodes while training, from one to the next"
        yield Figure("L12", title, 1e3 * span / max(len(steps), 1), TARGET, "ms", note, live >= nodes - 1 and whole)
