"""Text from files is shown as it stands: tool tips of widgets, cells, menus and canvas items, labels, message boxes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QGraphicsScene,
    QGraphicsView,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QTableView,
    QToolTip,
    QWidget,
)
from pytestqt.qtbot import QtBot

from playground.ui.inspector.text import Label, breakable

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing)")

HOSTILE = [
    '<img src="file:///etc/hostname">',
    "<b>bold</b> <script>alert(1)</script>",
    '<a href="file:///etc/passwd">here</a>',
    "/home/someone/<table><tr><td>a</td></tr></table>.csv",
    "<!DOCTYPE html><html><body>x</body></html>",
]


@pytest.fixture(autouse=True)
def no_tip_left(app: QApplication) -> Iterator[None]:
    yield
    QToolTip.hideText()
    for widget in tips():
        widget.hide()
        widget.deleteLater()


def tips() -> list[QLabel]:
    return [w for w in QApplication.topLevelWidgets() if w.metaObject().className() == "QTipLabel" and isinstance(w, QLabel)]


def shown_tip(over: QWidget, at: QPoint) -> QLabel:
    """The tool tip that the widget shows at a point, through Qt's own way."""
    QApplication.sendEvent(over, QHelpEvent(QEvent.Type.ToolTip, at, over.mapToGlobal(at)))
    (found,) = [tip for tip in tips() if tip.isVisible()]
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_a_widget(app: QApplication, qtbot: QtBot, text: str) -> None:
    button = QPushButton("x")
    qtbot.addWidget(button)
    button.setToolTip(text)
    button.show()
    tip = shown_tip(button, QPoint(2, 2))
    assert tip.textFormat() == Qt.TextFormat.PlainText
    assert tip.text() == text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_of_a_table(app: QApplication, qtbot: QtBot, text: str) -> None:
    model, table = QStandardItemModel(1, 1), QTableView()
    qtbot.addWidget(table)
    item = QStandardItem("x")
    item.setToolTip(text)
    model.setItem(0, 0, item)
    table.setModel(model)
    table.show()
    tip = shown_tip(table.viewport(), table.visualRect(model.index(0, 0)).center())
    assert tip.textFormat() == Qt.TextFormat.PlainText
    assert tip.text() == text


@pytest.mark.parametrize("text", HOSTILE)
def test_an_item_of_a_canvas(app: QApplication, qtbot: QtBot, text: str) -> None:
    scene = QGraphicsScene()
    view = QGraphicsView(scene)
    qtbot.addWidget(view)
    scene.addRect(0, 0, 50, 50).setToolTip(text)
    view.show()
    tip = shown_tip(view.viewport(), view.mapFromScene(25, 25))
    assert tip.textFormat() == Qt.TextFormat.PlainText
    assert tip.text() == text


@pytest.mark.parametrize("text", HOSTILE)
def test_an_entry_of_a_menu(app: QApplication, qtbot: QtBot, text: str) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    menu.setToolTipsVisible(True)
    menu.addAction("x").setToolTip(text)
    menu.popup(QPoint(0, 0))
    tip = shown_tip(menu, menu.actionGeometry(menu.actions()[0]).center())
    menu.hide()
    assert tip.textFormat() == Qt.TextFormat.PlainText
    assert tip.text() == text


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_and_message_boxes(app: QApplication, qtbot: QtBot, text: str) -> None:
    label = QLabel(text)
    box = QMessageBox()
    for widget in (label, box):
        qtbot.addWidget(widget)
    box.setText(text)
    box.setInformativeText(text)
    label.show()
    box.open()
    shown = [label, *(found for found in box.findChildren(QLabel) if found.text() == text)]
    box.close()
    assert len(shown) == 3
    assert {found.textFormat() for found in shown} == {Qt.TextFormat.PlainText}


def test_a_number_and_its_unit_stay_in_one_line(qtbot: QtBot) -> None:
    label = Label("15 epochs take about 1.27 s; the real ones reach 96.7 %.", wraps=True)
    qtbot.addWidget(label)
    assert label.text() == "15 epochs take about 1.27 s; the real ones reach 96.7 %."
    assert QLabel.text(label) == "15 epochs take about 1.27\u00a0s; the real ones reach 96.7\u00a0%."
    label.show_text("In 5 main steps")
    assert QLabel.text(label) == "In 5 main steps"


def test_a_path_without_a_space_asks_for_no_more_width_than_there_is(qtbot: QtBot) -> None:
    path = f"/home/{'a' * 300}/{'-_.' * 50}.onnx"
    label = Label(f"{path} cannot be written: 长文件名。Choose another place.", 11, wraps=True)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() < 300
    assert label.text().startswith(path)
    assert breakable("a short/path.play and words") == "a short/path.play and words"
