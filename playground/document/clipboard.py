"""Nodes, wires and notes as text, for copying between windows."""

from __future__ import annotations

from collections.abc import Collection

from playground.document import strict_json
from playground.document.edits import fragment_of, refreshed
from playground.document.integrity import integrity_faults
from playground.document.project import Network, Project
from playground.errors import BadValue

HEADER = "playground nodes 1"
MOST_CHARACTERS = 8 * 2**20


def to_text(project: Project, ids: Collection[str]) -> str:
    """The chosen nodes and notes, and the wires between the chosen nodes: a header line, then JSON."""
    from playground.document.project_json import network_to_json

    return f"{HEADER}\n{strict_json.encode(network_to_json(fragment_of(project, ids))).decode()}\n"


def is_nodes(text: str) -> bool:
    """Whether a text on the clipboard is worth reading."""
    return text.lstrip().startswith("playground nodes ")


def from_text(text: str) -> Network:
    """What was copied, with fresh ids, for `edits.Paste`. Raises BadValue with a sentence."""
    from playground.document.project_json import network_from_json
    from playground.document.records import Findings
    from playground.document.schema import NetworkShape, shape_faults

    if not is_nodes(text):
        raise BadValue("There are no nodes on the clipboard. Copy some from a canvas first.")
    if len(text) > MOST_CHARACTERS:
        raise BadValue(f"At most {MOST_CHARACTERS:,} characters can be pasted; the clipboard holds {len(text):,}.")
    header, _, body = text.lstrip().partition("\n")
    if header.strip() != HEADER:
        raise BadValue(f"The clipboard must begin with {HEADER!r}; {header.strip()[:60]!a} was found. A newer release copied it.")
    data = strict_json.decode(body)
    found = Findings(shape_faults(data, NetworkShape, at=("network",)))
    if not found.faults:
        network = network_from_json(data, "/network", found)
        found.check_notes(network.notes)
        found.faults += [(place, f"{place}: {sentence}") for place, sentence in integrity_faults(Project(network=network))]
    if found.faults:
        raise BadValue(f"The clipboard cannot be pasted. {found.faults[0][1]}"[:290])
    return refreshed(network)
