"""Gradients that need no memory of their own: a view's, and that of a sum's term, which is the sum's own gradient.

The term of a sum may be read by other ops as well, such as what a residual block goes round. Their shares are then added to the
sum's gradient where it lies, so whoever else wants that as it was has to have read it before.
"""

from __future__ import annotations

from playground.engine import ops
from playground.engine.graph import TENSORS, Graph, OpNode

#: From so many numbers of a sample on, not copying a gradient that others add to is worth the order that this forces on them.
ADDED_TO = 2048


class Handing:
    """Which gradients lie where another one does. root: view -> the value whose storage it shares; apart: not sums, only views.

    gradient_root: value -> the value whose gradient's storage it shares.  handed: (node index, value) for terms of sums.
    """

    def __init__(
        self, graph: Graph, root: dict[int, int], halos: dict[int, tuple[int, int]], needs: frozenset[int], *, apart: bool
    ) -> None:
        self.graph, self.root, self.halos, self.needs, self.apart = graph, root, halos, needs, apart
        self.gradient_root: dict[int, int] = {}
        self.handed: set[tuple[int, int]] = set()
        self._made = {output: at for at, node in enumerate(graph.nodes) for output in node.outputs}
        self._read: dict[int, list[int]] = {}
        for at, node in enumerate(graph.nodes):
            for value in node.inputs:
                self._read.setdefault(value, []).append(at)
        self._from: dict[int, int] = {}  # value -> the output whose gradient it has
        self._added_to: dict[int, int] = {}  # value -> the last other op that reads it, and so adds to its gradient
        for at in reversed(range(len(graph.nodes))):
            self._node(at, graph.nodes[at])

    def _node(self, at: int, node: OpNode) -> None:
        x = node.inputs[0] if node.inputs else -1
        if node.output in self.root:
            if x in self.needs and len(self._read[x]) == 1 and x not in self.graph.outputs and self._fits(x, node.output, -1):
                self._join(x, node.output)
        elif not self.apart and node.output in self.needs and node.output not in self.halos:
            for value in ops.find(node.op).hands_on(node):
                others = self._read[value].copy()
                others.remove(at)
                last = max(others, default=-1)
                if last < at and self._may(value, last) and self._fits(value, node.output, last):
                    self._join(value, node.output)
                    self.handed.add((node.index, value))
                    if others:
                        self._added_to[value] = last

    def _may(self, value: int, last: int) -> bool:
        """Whether nothing but the order of the ops speaks against it. A ReLU's mask is laid over its gradient where that lies."""
        if value not in self.needs or value in self.halos or value in self.graph.outputs or value in self.gradient_root:
            return False
        if self.graph.values[value].kind in TENSORS or (last >= 0 and self.graph.values[value].type.count < ADDED_TO):
            return False
        source = self._made.get(self.root.get(value, value))
        return source is None or not self.graph.nodes[source].attributes.get("relu")

    def _fits(self, value: int, output: int, last: int) -> bool:
        """Whether every gradient in one place is read before something else is added to it there.

        last: the last other op that reads the value; -1: none.
        """
        before = {output}
        while output in self._from:
            output = self._from[output]
            before.add(output)
        for other, end in self.gradient_root.items():
            if end != output or other in before:
                continue
            if self._made.get(value, -1) <= self._added_to.get(other, -1) and other in self._added_to:
                return False
            if last >= 0 and self._made.get(other, -1) <= last:
                return False
        return True

    def _join(self, value: int, output: int) -> None:
        self._from[value] = output
        self.gradient_root[value] = self.gradient_root.get(output, output)
