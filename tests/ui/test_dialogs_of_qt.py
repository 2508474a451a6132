"""Dialogs that Qt makes have our look, whoever opens them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QSpinBox,
    QSplitter,
    QToolButton,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from playground.ui import small_screens, theme
from playground.ui.file_dialog import ICONS, LEAST, PLACES
from playground.ui.shortcuts import about
from playground.ui.small_screens import SMALL_LEAST

Part = TypeVar("Part", bound=QWidget)

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


@pytest.fixture(params=["light", "dark"])
def mode(app: QApplication, request: pytest.FixtureRequest) -> Iterator[str]:
    theme.apply(app, request.param)
    yield request.param
    theme.apply(app, "light")


def part(dialog: QWidget, kind: type[Part], name: str) -> Part:
    found = dialog.findChild(kind, name)
    assert found is not None, name
    return found


def test_the_file_dialog_has_room_and_our_icons(
    mode: str, app: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_screens, "room_of", lambda widget: QSize(1920, 1000))
    (tmp_path / "a project with a name of some length.play").write_text("", encoding="utf-8")
    dialog = QFileDialog(None, "Open", str(tmp_path))
    qtbot.addWidget(dialog)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.open()
    assert part(dialog, QSplitter, "splitter").sizes()[0] >= PLACES
    assert dialog.size().expandedTo(LEAST) == dialog.size()
    header = part(dialog, QTreeView, "treeView").header()
    qtbot.waitUntil(lambda: header.length() == header.viewport().width())
    for _ in range(2):
        for name, icon in ICONS.items():
            shown = part(dialog, QToolButton, name).icon().pixmap(16).toImage()
            assert shown == theme.theme().icon(icon).pixmap(16).toImage(), name
        theme.apply(app, "light" if mode == "dark" else "dark")  # while it is open
    dialog.close()


def test_the_file_dialog_fits_a_small_screen(
    app: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_screens, "room_of", lambda widget: SMALL_LEAST)
    dialog = QFileDialog(None, "Open", str(tmp_path))
    qtbot.addWidget(dialog)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.open()
    assert dialog.size().boundedTo(SMALL_LEAST) == dialog.size()
    dialog.close()


def test_a_number_that_is_asked_for_has_a_field_like_a_name(mode: str, qtbot: QtBot) -> None:
    heights = []
    for kind in (QInputDialog.InputMode.TextInput, QInputDialog.InputMode.IntInput):
        dialog = QInputDialog()
        qtbot.addWidget(dialog)
        dialog.setInputMode(kind)
        dialog.open()
        field: QWidget = (
            part(dialog, QLineEdit, "") if kind == QInputDialog.InputMode.TextInput else dialog.findChildren(QSpinBox)[0]
        )
        heights.append(field.height())
        dialog.close()
    assert heights[1] >= heights[0] - 2
    assert heights[1] >= 24  # the least target


def test_a_message_begins_with_a_title_and_a_picture(mode: str, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    about(parent)
    (box,) = parent.findChildren(QMessageBox)
    title = part(box, QLabel, "qt_msgbox_label")
    assert title.text() == "Playground"
    assert title.font().bold()
    assert not box.iconPixmap().isNull()
    box.close()


def test_a_switch_of_the_theme_does_nothing_twice(app: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    """The style under the sheet stays, and nobody looks at the events of all widgets meanwhile."""
    made, seen = [], []
    monkeypatch.setattr(QApplication, "setStyle", lambda *style: made.append(style))
    monkeypatch.setattr(theme, "make_plain", seen.append)
    theme.apply(app, "dark")
    theme.apply(app, "light")
    assert made == []
    label = QLabel("a")
    label.ensurePolished()
    assert seen == [label], "then they are watched as before"
    label.deleteLater()
