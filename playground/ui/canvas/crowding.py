"""Nodes with long names give way to their neighbours: a name is cut before the ports of two nodes touch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from playground.document.arranging import Position
from playground.ui.canvas.look import NodeLook

#: Pixels between a node and the next one on its right that are left to ports and wire.
GAP = 28


def roomed(looks: Mapping[str, NodeLook], places: Mapping[str, Position]) -> dict[str, NodeLook]:
    """The looks of all nodes, by id, no wider than the next node on the right lets them be, and never narrower than their `least`.

    places: the upper left corner of each node.
    """
    found = dict(looks)
    long = [id for id, look in looks.items() if look.width > look.least]
    if not long:
        return found
    lefts, tops = np.array([places[id] for id in looks]).T
    feet = tops + np.array([look.height for look in looks.values()])
    for id in long:
        (x, y), look = places[id], looks[id]
        beside = lefts[(lefts > x + look.least) & (tops < y + look.height) & (feet > y)]
        if len(beside):
            room = math.floor(float(beside.min()) - x - GAP)
            found[id] = dataclasses.replace(look, width=float(min(max(look.least, room), look.width)))
    return found
