"""Blocks: a network under a name, used as one node as often as wanted, in other blocks too. Edited once, it changes everywhere.

A definition (`project.Block`) is a network with special nodes for its inputs and outputs; their names and order are its ports. A
node that uses it has the record `BlockUse`, which carries the ports so that wires can be judged without the definition.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

from playground.core.builder import Builder
from playground.core.fields import flag, text
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.document.project import Block, Network, Node, Project
from playground.words import sentence

MOST_BLOCKS = 200
MOST_DEPTH = 16
MOST_NAME = 60
MOST_HELP = 2_000
GROUP = "Blocks"


@dataclasses.dataclass(frozen=True, kw_only=True)
class BlockUse(Layer):
    """A block of the project used as one node.

    block: id of the definition.  called, ports, outputs: its name and ports, kept equal to the definition by every edit.
    """

    block: str = text("", most=64, help="Which block it is.")
    shared: bool = flag(
        False,
        label="Shared weights",
        help="All uses of this block that share have one set of weights; running statistics stay each use's own.",
    )
    called: str = ""
    ports: tuple[str, ...] = ()  # type: ignore[misc]
    outputs: tuple[str, ...] = ()  # type: ignore[misc]

    id = "block"
    group = GROUP
    icon = "block"
    version = 1
    tail = ""

    @property
    def title(self) -> str:  # type: ignore[override]
        """The definition's name."""
        return self.called or "Block"

    @property
    def stem(self) -> str:
        """What nodes are called, without the number: "Conv-BN-ReLU" -> "conv_bn_relu"."""
        return block_stem(self.called)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BlockInput(Layer):
    """What comes into a block from outside. The node's name is the port's."""

    ports = ()
    id = "block_input"
    title = "Block input"
    group = GROUP
    icon = "import"
    version = 1
    stem = "x"
    tail = "from outside"


@dataclasses.dataclass(frozen=True, kw_only=True)
class BlockOutput(Layer):
    """What a block gives to the outside. The node's name is the port's."""

    outputs = ()
    id = "block_output"
    title = "Block output"
    group = GROUP
    icon = "export"
    version = 1
    stem = "y"
    tail = "to the outside"

    def build(self, g: Builder, *inputs: Value) -> Value:
        """What comes in, for the shapes inside an open block; in training a block is unfolded and has no such node."""
        (x,) = inputs
        return x


RECORDS: Mapping[str, type[Layer]] = {cls.id: cls for cls in (BlockUse, BlockInput, BlockOutput)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class View(Project):
    """A project with the network of one of its blocks in place of its own: what the canvas shows while a block is open.

    of: the definition's id.  given: what comes in at each of its input nodes, by node id, as far as known.
    """

    of: str = ""
    given: tuple[tuple[str, TensorType], ...] = ()


def inputs_of(network: Network) -> tuple[Node, ...]:
    """The input nodes of a definition, in the order of its ports."""
    return tuple(node for node in network.nodes if isinstance(node.spec, BlockInput))


def outputs_of(network: Network) -> tuple[Node, ...]:
    """The output nodes of a definition, in the order of its outputs."""
    return tuple(node for node in network.nodes if isinstance(node.spec, BlockOutput))


def find(project: Project, id: str) -> Block | None:
    """The definition of an id."""
    return next((block for block in project.blocks if block.id == id), None)


def use_of(block: Block, shared: bool = False) -> BlockUse:
    """The record of a node that uses a block."""
    ports = tuple(node.name for node in inputs_of(block.network))
    outputs = tuple(node.name for node in outputs_of(block.network))
    return BlockUse(block=block.id, shared=shared, called=block.name, ports=ports, outputs=outputs)


def uses(network: Network) -> Iterator[tuple[Node, BlockUse]]:
    """The nodes of a network that use a block."""
    for node in network.nodes:
        if isinstance(node.spec, BlockUse):
            yield node, node.spec


def all_uses(project: Project, block: str) -> list[tuple[str, Node]]:
    """(id of the definition that holds it, "" for the project's own network; node) of every use of a block."""
    places = [("", project.network), *((one.id, one.network) for one in project.blocks)]
    return [(owner, node) for owner, network in places for node, spec in uses(network) if spec.block == block]


def with_ports(project: Project) -> Project:
    """The same with every use carrying the name and ports of its definition."""
    known = {block.id: block for block in project.blocks}

    def refreshed(network: Network) -> Network:
        nodes = tuple(
            dataclasses.replace(node, spec=use_of(known[node.spec.block], node.spec.shared))
            if isinstance(node.spec, BlockUse) and node.spec.block in known
            else node
            for node in network.nodes
        )
        return network if nodes == network.nodes else dataclasses.replace(network, nodes=nodes)

    blocks = tuple(
        block if (network := refreshed(block.network)) is block.network else dataclasses.replace(block, network=network)
        for block in project.blocks
    )
    network = refreshed(project.network)
    if network is project.network and blocks == project.blocks:
        return project
    return dataclasses.replace(project, network=network, blocks=blocks)


def needed(blocks: Mapping[str, Block], network: Network) -> tuple[str, ...]:
    """Ids of all definitions that a network uses, inner ones first. A block that holds itself is listed once."""
    found: dict[str, None] = {}
    open: set[str] = set()

    def visit(network: Network) -> None:
        for _, spec in uses(network):
            if spec.block in blocks and spec.block not in found and spec.block not in open:
                open.add(spec.block)
                visit(blocks[spec.block].network)
                found[spec.block] = None

    visit(network)
    return tuple(found)


def view_of(project: Project, id: str, given: Mapping[str, TensorType] | None = None) -> View:
    """The project as it is seen inside a definition. Raises KeyError."""
    block = find(project, id)
    if block is None:
        raise KeyError(id)
    kept = {f.name: getattr(project, f.name) for f in dataclasses.fields(Project)}
    return View(**{**kept, "network": block.network, "groups": ()}, of=id, given=tuple((given or {}).items()))


def block_faults(project: Project, most_nodes: int) -> Iterator[tuple[str, str]]:
    """(place, sentence) of what cannot stand about the definitions of a project and their uses; their networks are checked apart."""
    blocks = {block.id: block for block in project.blocks}
    if len(project.blocks) > MOST_BLOCKS:
        yield (
            "/blocks",
            sentence(
                "A project holds at most {most_blocks} blocks; this one has {blocks_count}.",
                most_blocks=MOST_BLOCKS,
                blocks_count=f"{len(project.blocks):,}",
            ),
        )
    places = [("/network", project.network, isinstance(project, View))]
    places += [(f"/blocks/{at}/network", block.network, True) for at, block in enumerate(project.blocks)]
    for place, network, inside in places:
        known = {node.id: node for node in network.nodes}
        for at, node in enumerate(network.nodes):
            spec = node.spec
            if node.shares and (
                isinstance(spec, BlockUse) or isinstance(known[node.shares].spec if node.shares in known else None, BlockUse)
            ):
                yield (
                    f"{place}/nodes/{at}/shares",
                    sentence("{node}: uses of one block share weights by their own setting.", node=node.name),
                )
            if isinstance(spec, BlockUse):
                yield from _use_fault(f"{place}/nodes/{at}", node.name, spec, blocks)
            elif isinstance(spec, BlockInput | BlockOutput) and not inside:
                yield (
                    f"{place}/nodes/{at}",
                    sentence(
                        "{node} is an input or output of a block. It stands in a block, not in the network.", node=node.name
                    ),
                )
            elif inside and spec.kind != "layer":
                what = {"dataset": sentence("a data source"), "loss": "a loss"}.get(spec.kind, f"a {spec.kind}")
                yield (
                    f"{place}/nodes/{at}",
                    sentence("A block holds layers; {node} is {what}. Put it into the network.", node=node.name, what=what),
                )
    yield from _size_faults(project, blocks, most_nodes)


def _use_fault(place: str, name: str, spec: BlockUse, blocks: Mapping[str, Block]) -> Iterator[tuple[str, str]]:
    block = blocks.get(spec.block)
    if block is None:
        yield (
            f"{place}/spec/fields/block",
            sentence("{name} uses the block {block}, which the project does not hold.", name=name, block=f"{spec.block[:60]!r}"),
        )
    elif spec != use_of(block, spec.shared):
        yield (
            f"{place}/spec",
            sentence("{name} has other ports than the block {block} that it uses.", name=name, block=block.name),
        )


def _size_faults(project: Project, blocks: Mapping[str, Block], most_nodes: int) -> Iterator[tuple[str, str]]:
    """Blocks that hold themselves, are nested too deep, or come to too many nodes."""
    depths: dict[str, int] = {}
    counts: dict[str, int] = {}
    state: dict[str, str] = {}

    def measure(id: str) -> bool:
        """Whether the block does not hold itself."""
        if state.get(id) == "open":
            return False
        if state.get(id) == "done" or id not in blocks:
            return True
        state[id] = "open"
        network = blocks[id].network
        inner = [spec.block for _, spec in uses(network) if spec.block in blocks]
        good = all(measure(one) for one in dict.fromkeys(inner))
        if good:
            depths[id] = 1 + max((depths[one] for one in inner), default=0)
            counts[id] = len(network.nodes) - len(inner) + sum(counts[one] for one in inner)
            state[id] = "done"
        return good

    for at, block in enumerate(project.blocks):
        if not measure(block.id):
            yield (
                f"/blocks/{at}",
                sentence(
                    "The block {block} would hold itself. Take its use out of it, or out of the blocks it holds.",
                    block=block.name,
                ),
            )
            return
    deep = max(depths, key=depths.__getitem__, default="")
    if deep and depths[deep] > MOST_DEPTH:
        yield (
            "/blocks",
            sentence(
                "Blocks may be nested {most_depth} deep; {blocks} is nested {depths} deep.",
                most_depth=MOST_DEPTH,
                blocks=blocks[deep].name,
                depths=depths[deep],
            ),
        )
    total = sum(counts.get(node.spec.block, 1) if isinstance(node.spec, BlockUse) else 1 for node in project.network.nodes)
    largest = max([total, *counts.values()])
    if largest > most_nodes:
        yield (
            "/network/nodes",
            sentence(
                "A network holds at most {most_nodes} nodes, those of its blocks included; this one has {largest}.",
                most_nodes=f"{most_nodes:,}",
                largest=f"{largest:,}",
            ),
        )


def is_port(spec: object) -> bool:
    """Whether a node's record is an input or an output of a block."""
    return isinstance(spec, BlockInput | BlockOutput)


def block_stem(name: str) -> str:
    """A block's name as the beginning of the name of a node."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "block"
