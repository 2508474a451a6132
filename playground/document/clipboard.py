"""Nodes, wires and notes as text, for copying between windows."""

from __future__ import annotations

from collections.abc import Collection

from playground.document import strict_json
from playground.document.blocks import View, is_port, with_ports
from playground.document.edits import Paste, fragment_of, refreshed
from playground.document.edits.blocks import definitions
from playground.document.integrity import integrity_faults
from playground.document.project import Network, Project, new_id
from playground.errors import BadValue
from playground.words import joined, sentence

HEADER = "playground nodes 1"
MOST_CHARACTERS = 8 * 2**20


def to_text(project: Project, ids: Collection[str]) -> str:
    """The chosen nodes and notes, and the wires between the chosen nodes: a header line, then JSON."""
    from playground.document.project_json import block_to_json, network_to_json

    fragment = fragment_of(project, ids)
    data = network_to_json(fragment)
    blocks = definitions(project, fragment)
    if blocks:
        data["blocks"] = [block_to_json(block) for block in blocks]
    return f"{HEADER}\n{strict_json.encode(data).decode()}\n"


def is_nodes(text: str) -> bool:
    """Whether a text on the clipboard is worth reading."""
    return text.lstrip().startswith("playground nodes ")


def from_text(text: str) -> Network:
    """What was copied, with fresh ids. Raises BadValue with a sentence."""
    return pasted(text).fragment


def pasted(text: str) -> Paste:
    """The edit that adds what was copied, and the definitions of blocks that it uses. Raises BadValue with a sentence."""
    from playground.document.project_json import block_from_json, network_from_json
    from playground.document.records import Findings
    from playground.document.schema import FragmentShape, shape_faults

    if not is_nodes(text):
        raise BadValue(sentence("There are no nodes on the clipboard. Copy some from a canvas first."))
    if len(text) > MOST_CHARACTERS:
        raise BadValue(
            sentence(
                "At most {most_characters} characters can be pasted; the clipboard holds {text_count}.",
                most_characters=f"{MOST_CHARACTERS:,}",
                text_count=f"{len(text):,}",
            )
        )
    header, _, body = text.lstrip().partition("\n")
    if header.strip() != HEADER:
        raise BadValue(
            sentence(
                "The clipboard must begin with {header}; {header2} was found. A newer release copied it.",
                header=f"{HEADER!r}",
                header2=f"{header.strip()[:60]!a}",
            )
        )
    data = strict_json.decode(body)
    found = Findings(shape_faults(data, FragmentShape, at=("network",)))
    if not found.faults:
        network = network_from_json(data, "/network", found)
        blocks = tuple(block_from_json(raw, f"/blocks/{at}", found) for at, raw in enumerate(data.get("blocks", [])))
        found.check_notes(network.notes)
        inside = any(is_port(node.spec) for node in network.nodes)  # copied from an open block, to be pasted into one
        whole = with_ports((View if inside else Project)(network=network, blocks=blocks))
        found.faults += [(place, joined((place, fault), ": ")) for place, fault in integrity_faults(whole)]
    if found.faults:
        raise BadValue(f"The clipboard cannot be pasted. {found.faults[0][1]}"[:290])
    return Paste(refreshed(whole.network), blocks=tuple((block, new_id()) for block in whole.blocks))
