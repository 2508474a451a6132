"""Pictures in the nodes: further units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.actions.base import Action

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def _paged(window: MainWindow) -> bool:
    """Whether a selected node has more units than its picture shows."""
    nodes = window.canvas.canvas.nodes
    return any(node.id in nodes and nodes[node.id].look.more for node in window.session.selected_nodes())


def _turn(window: MainWindow, back: bool) -> None:
    for node in window.session.selected_nodes():
        window.canvas.feed.turn_page(node.id, back)


ACTIONS = (
    Action(id="next_units", text="Show the next units", run=lambda w: _turn(w, False), shortcut="PgDown", menu="View", group=1, order=9,
           enabled=_paged, local=True, why="No selected node has more units than it shows."),
    Action(id="previous_units", text="Show the units before", run=lambda w: _turn(w, True), shortcut="PgUp", menu="View", group=1, order=9,
           enabled=_paged, local=True, why="No selected node has more units than it shows."),
)  # fmt: skip
