"""Commands that draw, move and delete wires, and that share weights between nodes."""

from __future__ import annotations

from playground.document.edits import AddLink, RemoveLinks, Several, ShareWeights
from playground.lowering import tie_of
from playground.ui.canvas.commands.part import Part
from playground.words import sentence


class Wiring(Part):
    """Wires and ties between nodes."""

    def wire(self, source: str, target: str, port: int, output: int = 0) -> bool:
        return self.session.do(AddLink(source, target, port, output=output))

    def rewire(self, link: str, source: str, target: str, port: int, output: int = 0) -> None:
        """Move the end of a wire to another port as one step."""
        old = next((k for k in self.session.view.network.links if k.id == link), None)
        if old is not None and (old.target, old.port, old.output) != (target, port, output):
            self.session.do(Several(sentence("Move wire"), (RemoveLinks((link,)), AddLink(source, target, port, output=output))))

    def unwire(self, link: str) -> None:
        self.session.do(RemoveLinks((link,)))

    def tie(self, source: str, target: str, transposed: bool) -> bool:
        """Let a node use another's weights."""
        return self.session.do(ShareWeights(target, source, transposed))

    def untie(self, id: str) -> bool:
        """Give a node weights of its own again."""
        return self.session.do(ShareWeights(id, ""))

    def share(self) -> bool:
        """End the sharing of the one selected node, or share between the two selected. False for any other selection."""
        nodes = {node.id: node for node in self.session.selected_nodes()}
        chosen = [nodes[id] for id in self.session.selection if id in nodes]
        if len(chosen) == 1 and chosen[0].shares:
            return self.untie(chosen[0].id)
        if len(chosen) != 2:
            return False
        if chosen[1].shares == chosen[0].id or chosen[0].shares == chosen[1].id:
            return self.untie(next(node.id for node in chosen if node.shares))
        found = tie_of(self.session.view, self.session.samples, chosen[0].id, chosen[1].id)
        if found.problem is not None:
            self.session.message.emit(found.problem.text, "warning")
            mend = found.problem.mend
            self.session.offered.emit(
                (mend.text, lambda: self.session.mend(mend))
                if mend is not None
                else (sentence("Choose another layer"), lambda: self._share_elsewhere(chosen[0].id))
            )
            return True
        return self.tie(chosen[0].id, chosen[1].id, not found.plain)

    def _share_elsewhere(self, id: str) -> None:
        """Take hold of a node's weights: keys and pointer then aim at another layer."""
        self.session.select([id])
        self.weights_wanted.emit()
