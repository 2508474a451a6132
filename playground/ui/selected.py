"""What is selected beside nodes, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session


def selected_words(session: Session) -> str:
    """The selected wires, notes and frames as a short phrase; that nothing is selected where there are none."""
    network = session.view.network
    links = [link for link in network.links if link.id in session.selection]
    notes = [note for note in network.notes if note.id in session.selection]
    if not links and not notes:
        return say("Nothing selected")
    if len(links) + len(notes) > 1:
        return say("{many} selected", many=len(links) + len(notes))
    if notes:
        return say("A frame is selected") if notes[0].frame else say("A note is selected")
    source, target = network.node(links[0].source).name, network.node(links[0].target).name
    return say("Wire from {source} to {target}", source=source, target=target)
