"""The records of a project: frozen, compared by value, complete. Every change goes through `document.edits`."""

from __future__ import annotations

import dataclasses
import uuid

from playground.core.spec import Spec
from playground.document.groups import Group
from playground.document.plans import DataPlan, TrainingPlan


def new_id() -> str:
    """A fresh node, link or note id."""
    return uuid.uuid4().hex


@dataclasses.dataclass(frozen=True, kw_only=True)
class Placeholder:
    """A record of the file that this version does not know, kept as it came so that saving loses nothing."""

    kind: str
    id: str
    raw: str  # canonical JSON of the whole record

    @property
    def title(self) -> str:
        return self.id


@dataclasses.dataclass(frozen=True, kw_only=True)
class Node:
    """A data source, a layer or a loss on the canvas.

    name: unique within the network, a letter then letters, digits and _.  position: canvas pixels of the top left corner.
    frozen: its weights stay as they are.  rate_factor, decay_factor: multiply the learning rate and
    the weight decay and penalty of its weights.
    shares: the id of the node whose weights it uses instead of its own, or "".  transposed: it reads its matrices turned round.
    What the other has not, or what counts other units, such as a bias, stays its own.
    """

    id: str
    name: str
    spec: Spec | Placeholder
    position: tuple[float, float] = (0.0, 0.0)
    frozen: bool = False
    rate_factor: float = 1.0
    decay_factor: float = 1.0
    shares: str = ""
    transposed: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Link:
    """A wire from a node's output to an input port of another.

    port, output: 0-based places among the target's inputs and the source's outputs; variadic layers use ports 0, 1, 2, ...
    """

    id: str
    source: str
    target: str
    port: int = 0
    output: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Note:
    """A comment on the canvas. frame: it is a titled box behind nodes, which takes along what lies in it."""

    id: str
    text: str
    position: tuple[float, float]
    size: tuple[float, float] = (240.0, 56.0)
    frame: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Network:
    """Nodes and the wires between them. Order is creation order and is saved."""

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    notes: tuple[Note, ...] = ()

    def node(self, id: str) -> Node:
        """Raises KeyError."""
        for node in self.nodes:
            if node.id == id:
                return node
        raise KeyError(id)

    def of_kind(self, kind: str) -> tuple[Node, ...]:
        """Nodes whose spec is a "dataset", "layer" or "loss"."""
        return tuple(node for node in self.nodes if node.spec.kind == kind)

    def into(self, id: str) -> tuple[Link, ...]:
        """Wires that end at a node, by port."""
        return tuple(sorted((link for link in self.links if link.target == id), key=lambda link: link.port))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """A network under a name, which nodes use as one. Its inputs and outputs are nodes of it (`document.blocks`). id: permanent."""

    id: str
    name: str
    help: str = ""
    network: Network = Network()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hides:
    """What a class does not see: ids of panels and names of palette groups, sorted. A name that a window does not know hides nothing."""

    panels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Project:
    """All that is saved. about: what the start page says under the title. groups: parameter groups, the first that fits counts.

    blocks: definitions that nodes may use.  hides: controls that a class does not see.  unknown: file members and fields kept unread.
    """

    name: str = "untitled"
    about: str = ""
    network: Network = Network()
    data: DataPlan = DataPlan()
    training: TrainingPlan = dataclasses.field(default_factory=TrainingPlan)
    groups: tuple[Group, ...] = ()
    blocks: tuple[Block, ...] = ()
    hides: Hides = Hides()
    unknown: tuple[tuple[str, str], ...] = ()
