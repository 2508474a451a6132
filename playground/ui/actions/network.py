"""The Network menu. Wires, weights, blocks and where nodes stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.document.blocks import BlockUse
from playground.ui.actions.base import Action, chosen_nodes, nodes
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def may_share(window: MainWindow) -> bool:
    """Whether the selection is one layer with weights, or two layers."""
    chosen, counts = window.session.selected_nodes(), window.session.seen.parameters
    if any(node.spec.kind != "layer" for node in chosen):
        return False
    return len(chosen) == 2 or (len(chosen) == 1 and bool(chosen[0].shares or counts.get(chosen[0].id)))


def may_group(window: MainWindow) -> bool:
    """Whether layers are selected."""
    return any(node.spec.kind == "layer" for node in window.session.selected_nodes())


def has_block(window: MainWindow) -> bool:
    """Whether a block is selected."""
    return any(isinstance(node.spec, BlockUse) for node in window.session.selected_nodes())


def one_block(window: MainWindow) -> bool:
    """Whether one block is selected alone."""
    return has_block(window) and len(window.session.selected_nodes()) == 1


def many(window: MainWindow) -> bool:
    """Whether two or more things are selected."""
    return len(window.session.selection) > 1


def three(window: MainWindow) -> bool:
    """Whether three or more things are selected."""
    return len(window.session.selection) > 2


def _align(edge: str, text: str) -> Action:
    return Action(id=f"align_{edge}", text=text, run=lambda w: w.canvas.commands.align(edge), menu="Network", group=2, enabled=many,
                  why="Select two or more nodes or notes first.")  # fmt: skip


def _share_text(window: MainWindow) -> str:
    chosen = window.session.selected_nodes()
    tied = (
        {node.id for node in chosen} & {node.shares for node in chosen}
        if len(chosen) == 2
        else {n.shares for n in chosen if n.shares}
    )
    return say("Stop sharing weights") if tied and len(chosen) <= 2 else say("Share weights")


ACTIONS = (
    Action(id="wire", text="Start a wire", run=lambda w: w.canvas.start_wire(), shortcut="Ctrl+L", menu="Network",
           enabled=chosen_nodes),
    Action(id="share", text="Share weights", run=lambda w: w.canvas.share_weights(), shortcut="Ctrl+T", icon="tied", menu="Network",
           enabled=may_share, label=_share_text, why="Select a layer with weights, or two layers."),
    Action(id="freeze", text="Freeze or unfreeze", run=lambda w: w.canvas.commands.freeze(), shortcut="Ctrl+Shift+F", icon="frozen",
           menu="Network", enabled=may_group, why="Select layers first."),
    Action(id="group", text="Group into block", run=lambda w: w.canvas.commands.group(), shortcut="Ctrl+G", icon="block", menu="Network",
           group=1, enabled=may_group, why="Select layers first."),
    Action(id="ungroup", text="Ungroup", run=lambda w: w.canvas.commands.ungroup(), shortcut="Ctrl+Shift+G", menu="Network", group=1,
           enabled=has_block, why="Select a block first."),
    Action(id="open_block", text="Open block", run=lambda w: w.session.enter(w.session.selected_nodes()[0].id), menu="Network", group=1,
           enabled=one_block, why="Select one block first."),
    Action(id="leave_block", text="Leave block", run=lambda w: w.session.leave(), menu="Network", group=1,
           enabled=lambda w: bool(w.session.scope.path), why="No block is open."),
    *(_align(edge, text) for edge, text in (("left", "Align left"), ("middle", "Align in a row"), ("right", "Align right"),
                                            ("top", "Align top"), ("bottom", "Align bottom"), ("centre", "Align in a column"))),
    Action(id="distribute_across", text="Distribute across", run=lambda w: w.canvas.commands.distribute(True), menu="Network", group=2,
           enabled=three, why="Select three or more nodes or notes first."),
    Action(id="distribute_down", text="Distribute down", run=lambda w: w.canvas.commands.distribute(False), menu="Network", group=2,
           enabled=three, why="Select three or more nodes or notes first."),
    Action(id="tidy", text="Lay out", run=lambda w: w.canvas.tidy(), shortcut="Ctrl+Shift+L", icon="auto", menu="Network", group=2,
           enabled=nodes),
)  # fmt: skip
