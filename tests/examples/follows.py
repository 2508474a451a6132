"""Counts which kind of node follows which in the shipped examples and blocks. `python -m tests.examples.follows` writes the table."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from playground.core.spec import Dataset
from playground.document.block_files import shipped
from playground.document.file import load
from playground.document.project import Network
from tests.examples.recipes import EXAMPLES, FOLDER

TABLE = Path(__file__).resolve().parents[2] / "assets" / "follows.json"


def counted() -> dict[str, dict[str, int]]:
    """Id of a record -> ids of those that it feeds, with how often. Data are "data" and the number of axes of one sample."""
    found: dict[str, Counter[str]] = {}
    for example in EXAMPLES:
        _count(load(FOLDER / f"{example.name}.play").project.network, found)
    for entry in shipped():
        for block in entry.load():
            _count(block.network, found)
    return {first: dict(sorted(after.items())) for first, after in sorted(found.items())}


def _count(network: Network, found: dict[str, Counter[str]]) -> None:
    nodes = {node.id: node.spec for node in network.nodes}
    for link in network.links:
        giver = nodes[link.source]
        key = f"data{len(giver.load(FOLDER).shape)}" if isinstance(giver, Dataset) else giver.id
        if link.output == 0 and link.port == 0:
            found.setdefault(key, Counter())[nodes[link.target].id] += 1


if __name__ == "__main__":
    TABLE.write_text(json.dumps(counted(), indent=1) + "\n", encoding="utf-8")
