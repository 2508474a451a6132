"""Reduced motion: the system's wish where it can be read, and the person's choice above it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from playground.ui import motion, settings
from playground.ui.main_window import MainWindow
from playground.ui.theme import theme


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the system's settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "text", "reduced"),
    [
        ("gtk-3.0/settings.ini", "[Settings]\ngtk-enable-animations=0\n", True),
        ("gtk-4.0/settings.ini", "[Settings]\ngtk-enable-animations=false\n", True),
        ("gtk-3.0/settings.ini", "[Settings]\ngtk-enable-animations=1\n", False),
        ("kdeglobals", "[KDE]\nAnimationDurationFactor=0\n", True),
        ("kdeglobals", "[KDE]\nAnimationDurationFactor=0.5\n", False),
        ("kdeglobals", "\0\0[[[", False),
        ("nothing", "", False),
    ],
)
def test_what_the_system_says(app: QApplication, config: Path, file: str, text: str, reduced: bool) -> None:
    write(config / file, text)
    assert motion.system_reduces() is reduced


def test_the_choice_stands_above_the_system(app: QApplication, config: Path) -> None:
    write(config / "kdeglobals", "[KDE]\nAnimationDurationFactor=0\n")
    motion.follow()
    assert theme().duration(180) == 0
    motion.choose("full")
    assert theme().duration(180) == 180
    motion.choose("reduced")
    assert theme().duration(180) == 0
    settings.set_word("motion", "sideways")
    assert motion.choice() == "system"
    settings.set_word("motion", "full")
    motion.follow()


def test_the_menu_switches_and_remembers(window: MainWindow, config: Path) -> None:
    action = window.actions_made["reduce_motion"]
    assert not action.isChecked()
    action.trigger()
    assert theme().reduced_motion
    assert action.isChecked()
    assert settings.word("motion", "") == "reduced"
    action.trigger()
    assert not theme().reduced_motion
