"""Whether things may move: the person's own choice, else the system's wish for reduced motion, as far as it can be read.

Qt has no question for it, so the places are asked where systems keep it: GNOME and GTK in `gtk-3.0/settings.ini`
(gtk-enable-animations), KDE in `kdeglobals` (AnimationDurationFactor), macOS in `com.apple.universalaccess` (reduceMotion),
Windows through SystemParametersInfo (SPI_GETCLIENTAREAANIMATION). What cannot be read asks for nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QSettings

from playground.ui import settings
from playground.ui.theme import theme

_KEPT = "motion"
CHOICES = ("system", "full", "reduced")
_SPI_GETCLIENTAREAANIMATION = 0x1042


def choice() -> str:
    """What the person chose, one of CHOICES."""
    found = settings.word(_KEPT, "system")
    return found if found in CHOICES else "system"


def choose(wanted: str) -> None:
    """Choose one of CHOICES and follow it from now on."""
    settings.set_word(_KEPT, wanted)
    follow()


def follow() -> None:
    """Bring the theme into step with choice and system."""
    now = choice()
    theme().reduced_motion = now == "reduced" or (now == "system" and system_reduces())


def system_reduces() -> bool:
    """Whether the system asks for reduced motion."""
    if sys.platform == "win32":
        return _windows_reduces()
    if sys.platform == "darwin":
        found = QSettings("com.apple.universalaccess", "").value("reduceMotion")
        return str(found).lower() in ("1", "true")
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    for version in ("gtk-4.0", "gtk-3.0"):
        if _kept(folder / version / "settings.ini", "Settings/gtk-enable-animations").lower() in ("0", "false", "no"):
            return True
    return _kept(folder / "kdeglobals", "KDE/AnimationDurationFactor") in ("0", "0.0")


def _kept(path: Path, key: str) -> str:
    """A word of a file of settings, "" where there is none."""
    if not path.is_file():
        return ""
    return str(QSettings(str(path), QSettings.Format.IniFormat).value(key, ""))


def _windows_reduces() -> bool:
    import ctypes

    on = ctypes.c_int(1)
    library = getattr(ctypes, "windll")  # noqa: B009  only there on Windows
    return bool(library.user32.SystemParametersInfoW(_SPI_GETCLIENTAREAANIMATION, 0, ctypes.byref(on), 0)) and not on.value
