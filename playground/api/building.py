"""A project's network in the hands of a script: nodes, wires, shared weights, blocks, groups of layers, plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from playground.api.layout import laid_out
from playground.api.parts import meant
from playground.core.fields import fields_of
from playground.core.spec import Dataset, Layer, Loss, Spec
from playground.document import project as records
from playground.document.block_files import personal, save_personal, shipped
from playground.document.blocks import find, use_of, view_of
from playground.document.edits import (
    AddBlocks,
    AddGroup,
    AddLink,
    AddNode,
    Edit,
    EditBlock,
    GroupIntoBlock,
    MoveNodes,
    SetField,
    SetGroup,
    SetNodeOption,
    SetPlan,
    Several,
    ShareWeights,
    UngroupBlock,
)
from playground.document.plans import TrainingPlan
from playground.document.wiring import output_names
from playground.errors import BadValue, UnknownKind

#: Settings of a node that are not its layer's own.
OPTIONS = ("frozen", "rate_factor", "decay_factor")


class Building:
    """Everything that changes the record of a project.

    record: the project as it is saved; it is frozen, and every change replaces it.
    """

    def __init__(self, record: records.Project) -> None:
        self.record = record

    def add(self, spec: Spec, *inputs: str, name: str = "") -> str:
        """A node fed by the nodes named; gives its name. Raises BadValue or EditError when that does not fit.

        inputs: one for each port, "" for an optional port that stays open; "lstm1.state" means that output of lstm1.
        """
        if not isinstance(spec, Dataset | Layer | Loss):
            raise BadValue(f"A node must be data, a layer or a loss; {type(spec).__name__} was given.")
        return self._added(AddNode(spec, name=name), inputs)

    def wire(self, source: str, node: str, *, port: int = 0) -> Self:
        """A wire more, or in place of the one at that port: "data.weights" is that output of the node. Raises EditError."""
        giver, output = self._output(source)
        self._do(AddLink(giver.id, self.node(node).id, port, output=output))
        return self

    def _added(self, made: AddNode, inputs: tuple[str, ...]) -> str:
        self._do(made)
        for port, source in enumerate(inputs):
            if source:
                self.wire(source, self.record.network.node(made.id).name, port=port)
        return self.record.network.node(made.id).name

    def _output(self, name: str) -> tuple[records.Node, int]:
        """The node and the place of an output called "node" or "node.output"."""
        owner, _, output = name.partition(".")
        node = self.node(owner)
        names = output_names(node.spec)
        if output and output not in names:
            raise UnknownKind(f"{owner} has no output called {output!r}; it has {', '.join(names) or 'none'}.")
        return node, names.index(output) if output else 0

    def share(self, node: str, source: str, *, transposed: bool = False) -> Self:
        """Let a node use the weights of another one, its matrices turned round where asked; a bias that does not fit stays its own."""
        self._do(ShareWeights(self.node(node).id, self.node(source).id, transposed))
        return self

    def set_node(self, name: str, **settings: Any) -> Self:
        """Settings of a node: its layer's own, such as units=32, and frozen, rate_factor, decay_factor.

        Raises BadValue for a name or type that does not fit; a number out of its range is one of `problems`.
        """
        self._do(_settings(self.node(name), settings))
        return self

    def group(self, name: str, *nodes: str, rule: str = "", **settings: Any) -> Self:
        """A parameter group of the nodes named and of those whose names match the rule, such as "conv*".

        settings: rate_factor, decay_factor, frozen. Of a node in several groups the first counts. Raises BadValue or EditError.
        """
        made = AddGroup(name=name, rule=rule, nodes=tuple(self.node(node).id for node in nodes))
        self._do(Several(f"Add group {name}", (made, *(SetGroup(made.id, field, value) for field, value in settings.items()))))
        return self

    def set(self, **training: Any) -> Self:
        """Settings of the training plan: epochs, batch, seed, optimizer, schedule, warmup, clip, patience and so on."""
        fields = fields_of(TrainingPlan)
        for name, value in training.items():
            self._do(SetPlan("training", name, meant(fields[name], value) if name in fields else value))
        return self

    def set_data(self, **plan: Any) -> Self:
        """Settings of the data plan: validation, test, stratified, scaling, scale_targets, seed."""
        for name, value in plan.items():
            self._do(SetPlan("data", name, value))
        return self

    def node(self, name: str) -> records.Node:
        """The node called so. Raises UnknownKind, listing the names that there are."""
        for node in self.record.network.nodes:
            if node.name == name:
                return node
        names = ", ".join(node.name for node in self.record.network.nodes) or "none yet"
        raise UnknownKind(f"There is no node called {name!r}; there are: {names}.")

    def _do(self, edit: Edit) -> None:
        self.record = edit.apply(self.record)

    # ------------------------------------------------------------------------------------------------------------- blocks

    def add_block(self, block: str, *inputs: str, name: str = "", shared: bool = False) -> str:
        """A node that uses a block of the project, of those that ship or of the personal library; gives the node's name.

        block: its name or id.  shared: all uses of it that share have one set of weights. Raises UnknownKind, BadValue or EditError.
        """
        found = self._block(block)
        return self._added(AddNode(use_of(found, shared), name=name), inputs)

    def make_block(self, name: str, *nodes: str) -> str:
        """The nodes named become a block, used once in their place; gives the name of the node that uses it. Raises EditError."""
        made = GroupIntoBlock(tuple(self.node(node).id for node in nodes), name)
        self._do(made)
        inside = laid_out(view_of(self.record, made.block), None).network
        self._do(EditBlock(made.block, MoveNodes({node.id: node.position for node in inside.nodes})))
        return self.record.network.node(made.id).name

    def ungroup(self, node: str) -> Self:
        """The layers of a block in place of one node that uses it, with weights of their own. Raises EditError where it is no block."""
        self._do(UngroupBlock(self.node(node).id))
        return self

    def set_in_block(self, block: str, node: str, **settings: Any) -> Self:
        """Settings of a node inside a block, for all its uses. Raises UnknownKind or BadValue."""
        found = self._block(block)
        inner = next((one for one in found.network.nodes if one.name == node), None)
        if inner is None:
            names = ", ".join(one.name for one in found.network.nodes)
            raise UnknownKind(f"{found.name} holds no node called {node!r}; it holds: {names}.")
        self._do(EditBlock(found.id, _settings(inner, settings)))
        return self

    def keep_block(self, block: str) -> Path:
        """Put a block of the project into the personal library; gives its file. Raises FileError."""
        return save_personal(self.record, self._block(block).id)

    def _block(self, name: str) -> records.Block:
        """A block by name or id, brought into the project where it is one of a library."""
        for one in self.record.blocks:
            if name in (one.id, one.name):
                return one
        entries = (*shipped(), *personal()[0])
        for entry in entries:
            if name in (entry.id, entry.name):
                self._do(AddBlocks(entry.load()))
                made = find(self.record, entry.id)
                assert made is not None
                return made
        names = ", ".join(dict.fromkeys([*(one.name for one in self.record.blocks), *(entry.name for entry in entries)]))
        raise UnknownKind(f"There is no block called {name!r}; there are: {names}.")


def _settings(node: records.Node, settings: dict[str, Any]) -> Several:
    """All of the settings of a node, or none where one of them does not fit."""
    fields = fields_of(node.spec)
    edits = [
        SetNodeOption(node.id, field, value)
        if field in OPTIONS
        else SetField(node.id, field, meant(fields[field], value) if field in fields else value)
        for field, value in settings.items()
    ]
    return Several(f"Change {node.name}", tuple(edits))
