"""The inspector's head and its row of shared weights: the menu with dots, the receptive field, whose weights a layer uses."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.document.edits import AddLink, AddNode
from playground.document.problems import Mend, Problem
from playground.paths import assets_dir
from playground.ui.inspector.head import Head
from playground.ui.inspector.notice import MendButton, Notices
from playground.ui.inspector.panel import Inspector
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import chain, node, ready


def facts(inspector: Inspector) -> dict[str, str]:
    return {left.text(): right.text() for left, right in inspector.head._rows if not left.isHidden()}


def test_the_receptive_field_grows_along_the_chain(session: Session, qtbot: QtBot, loaded: Callable[[Session], None]) -> None:
    session.open(assets_dir() / "examples" / "digits_cnn.play")
    loaded(session)
    inspector = Inspector(session)
    qtbot.addWidget(inspector)
    told = {}
    for name in ("conv1", "relu1", "conv2", "max_pool1", "dense1"):
        session.select((node(session, name).id,))
        told[name] = facts(inspector).get("Receptive field")
    assert told == {
        "conv1": "3×3 of 8×8 pixels", "relu1": "3×3 of 8×8 pixels", "conv2": "5×5 of 8×8 pixels",
        "max_pool1": "6×6 of 8×8 pixels", "dense1": None,
    }  # fmt: skip


def test_the_button_with_dots_opens_the_menu_of_the_node(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.canvas.commands.add(registry.find("layer", "dense")())
    inspector = window.layouts.docks["inspector"].made
    assert isinstance(inspector, Inspector)
    settle()
    asked = []
    window.canvas.menu_asked.connect(asked.append)
    window.canvas.menu_asked.disconnect(window._show_context_menu)
    inspector.head.more.click()
    assert len(asked) == 1
    assert inspector.head.more.accessibleName() == "More actions"


def test_whose_weights_a_layer_uses_is_chosen(session: Session, qtbot: QtBot) -> None:
    project = chain(("dataset", "moons", {}), ("layer", "dense", {"units": 4}), ("layer", "dense", {"units": 4}),
                    ("layer", "dense", {"units": 4}), ("layer", "dense", {"units": 2}), ("loss", "cross_entropy", {}))  # fmt: skip
    ready(session, project, qtbot)
    inspector = Inspector(session)
    qtbot.addWidget(inspector)
    inspector.show()
    names = [each.name for each in session.project.network.nodes if each.spec.id == "dense"]
    third = node(session, names[2])
    session.select((third.id,))
    assert inspector.tie.isVisible()
    assert inspector.tie.words.text() == "its own"
    menu = inspector.tie.ask()
    entries = {entry.text().partition(":")[0]: entry for entry in menu.actions()}
    assert entries["Its own weights"].isChecked()
    assert entries[names[1]].isEnabled()
    assert not entries[names[0]].isEnabled()
    assert ":" in entries[names[0]].text(), "the reason"
    entries[names[1]].trigger()
    settle()
    assert session.project.network.node(third.id).shares == node(session, names[1]).id
    assert inspector.tie.words.text() == f"shared with {names[1]}"
    again = inspector.tie.ask()
    next(entry for entry in again.actions() if entry.text() == "Its own weights").trigger()
    settle()
    assert session.project.network.node(third.id).shares == ""
    for each in inspector.findChildren(QMenu):
        each.close()


def test_a_layer_alone_or_without_weights_has_no_choice(session: Session, qtbot: QtBot) -> None:
    for id in ("dense", "relu"):
        session.do(AddNode(registry.find("layer", id)()))
    first, second = session.project.network.nodes
    session.do(AddLink(first.id, second.id))
    inspector = Inspector(session)
    qtbot.addWidget(inspector)
    inspector.show()
    for each in (first, second):
        session.select((each.id,))
        assert not inspector.tie.isVisible()


def test_a_long_remedy_does_not_widen_the_inspector_and_a_long_name_shows_its_beginning(qtbot: QtBot) -> None:
    mended: list[Mend] = []
    notices, head = Notices(mended.append), Head()
    for widget in (notices, head):
        qtbot.addWidget(widget)
        widget.resize(260, 120)
    mend = Mend(text="Insert Reshape to 4×128 before a_node_with_a_name_longer_than_the_panel_is_wide")
    notices.show_problems([Problem(text="flatten1 needs a sequence.", mends=(mend,))])
    notices.show()
    settle()
    assert notices.minimumSizeHint().width() <= 260
    (button,) = notices.findChildren(MendButton)
    assert notices.rect().contains(button.mapTo(notices, button.rect().bottomRight()))
    assert button.toolTip() == mend.text
    button.click()
    assert mended == [mend]
    notices.resize(284, 120)
    notices.show_problems([Problem(text="flatten1 needs a sequence.", mends=(Mend(text="Insert Reshape to 4×128 before f1"),))])
    settle()
    button = next(button for button in notices.findChildren(MendButton) if button.isVisible())
    assert button.width() == button.sizeHint().width(), "it moves to the left before its words are cut"
    head.show_node("dense", "c_linear", "a_node_with_a_name_longer_than_the_panel_is_wide", "Dense", [])
    head.show()
    assert head.name.cursorPosition() == 0
