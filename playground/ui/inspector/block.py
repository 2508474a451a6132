"""What the inspector says about a block: its name and help, its ports, who uses it; and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from playground.document.blocks import BlockUse, View, all_uses, find
from playground.document.edits import RenameBlock, UngroupBlock
from playground.document.project import Block, Node
from playground.errors import PlaygroundError
from playground.ui.inspector.controls import Button, LineField
from playground.ui.inspector.text import Label, Section
from playground.ui.keymap import keys_by_id
from playground.ui.library import library
from playground.ui.next_steps import again
from playground.ui.parting import take_apart
from playground.words import say, sentence, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

LABELS = 92


class BlockCard(QWidget):
    """Shown for a node that uses a block, and for the open block while nothing in it is selected."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.node, self.block = session, "", ""
        self.strip = Section(say("Block"))
        self.name = LineField()
        self.name.setAccessibleName(say("Name of the block"))
        self.name.setToolTip(say("The name of the definition, in all places where it is used"))
        self.help_text = LineField(hint=say("What it is for"))
        self.help_text.setAccessibleName(say("Help of the block"))
        self.rows = {title: Label("", 12, "text", wraps=True) for title in ("In", "Out", "Used")}
        self.open = Button(say("Open"), "secondary", small=True)
        self.open.setToolTip(say("Show what is inside (Enter)"))
        self.apart = Button(say("Ungroup"), "secondary", small=True)
        keys = keys_by_id("ungroup")
        self.apart.setToolTip(say("The layers in place of this node") + (f" ({keys})" if keys else ""))
        self.keep = Button(say("Save to library"), "secondary", small=True)
        self.keep.setToolTip(say("Keep the block for all projects on this machine"))
        self._assemble()
        self.name.editingFinished.connect(self._rename)
        self.help_text.editingFinished.connect(self._explain)
        self.open.clicked.connect(lambda: session.enter(self.node))
        self.apart.clicked.connect(self._take_apart)
        self.keep.clicked.connect(self._keep)
        self.hide()

    def _take_apart(self) -> None:
        node = next((one for one in self.session.view.network.nodes if one.id == self.node), None)
        if node is not None:
            take_apart(self.session, UngroupBlock(node.id), (node,))

    def _assemble(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        self.grid = grid = QGridLayout()
        grid.setContentsMargins(11, 7, 11, 9)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(5)
        grid.setColumnMinimumWidth(0, LABELS)
        grid.setColumnStretch(1, 1)
        for at, (title, part) in enumerate([("Name", self.name), ("Help", self.help_text), *self.rows.items()]):
            grid.addWidget(Label(say(title), 12, "text2"), at, 0)
            grid.addWidget(part, at, 1)
        column.addLayout(grid)
        line = QHBoxLayout()
        line.setContentsMargins(11, 0, 11, 10)
        line.setSpacing(6)
        for button in (self.open, self.apart, self.keep):
            line.addWidget(button)
        line.addStretch(1)
        column.addLayout(line)

    def show_node(self, node: Node | None, selected: int) -> None:
        """Show the block of a node; the open one where nothing is selected; else nothing."""
        view = self.session.view
        spec = node.spec if node is not None else None
        id = spec.block if isinstance(spec, BlockUse) else view.of if isinstance(view, View) and not selected else ""
        block = find(view, id) if id else None
        self.setVisible(block is not None)
        other, self.node, self.block = id != self.block, node.id if node is not None else "", id
        if block is None:
            return
        use = isinstance(spec, BlockUse)
        self.open.setVisible(use)
        self.apart.setVisible(use)
        for field, text in ((self.name, block.name), (self.help_text, block.help)):
            if (other or not field.hasFocus()) and field.text() != text:
                field.setText(text)
                field.setCursorPosition(0)
        self.help_text.setToolTip(block.help)
        self._show_rows(block)

    def align(self, width: int) -> None:
        """Give the labels the width of those in the forms below."""
        self.grid.setColumnMinimumWidth(0, width)

    def _show_rows(self, block: Block) -> None:
        inputs, outputs = ([n.name for n in block.network.nodes if n.spec.id == kind] for kind in ("block_input", "block_output"))
        count = len(all_uses(self.session.project, block.id))
        self.rows["In"].show_text(strung(inputs) or say("none"))
        self.rows["Out"].show_text(strung(outputs) or say("none"))
        times = {1: say("once"), 2: say("twice")}.get(count, say("{count} times", count=count))
        self.rows["Used"].show_text(times if count == 1 else say("{times}; a change inside holds for all", times=times))

    def _rename(self) -> None:
        block = find(self.session.project, self.block)
        if block is not None and self.name.text() != block.name:
            self.name.refuse(not self.session.do(RenameBlock(self.block, self.name.text())))
        elif block is not None:
            self.name.refuse(False)

    def _explain(self) -> None:
        block = find(self.session.project, self.block)
        if block is not None and self.help_text.text() != block.help:
            self.session.do(RenameBlock(self.block, help=self.help_text.text()))

    def _keep(self) -> None:
        block = find(self.session.project, self.block)
        if block is None:
            return
        try:
            library().save_block(self.session.project, block.id)
        except PlaygroundError as error:
            self.session.message.emit(str(error), "error")
            self.session.offered.emit(again(self._keep))
            return
        self.session.message.emit(sentence("{block} is in your library of blocks.", block=block.name), "info")
