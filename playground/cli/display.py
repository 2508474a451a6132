"""Whether a window can appear here, and what to do when it cannot. Qt itself aborts the process with a misleading text."""

from __future__ import annotations

import ctypes.util
import os
import sys

#: Library -> Debian package; what Qt's own wheel does not carry.
QT_LIBRARIES = {
    "GL": "libgl1",
    "EGL": "libegl1",
    "glib-2.0": "libglib2.0-0",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
    "xkbcommon": "libxkbcommon0",
    "xkbcommon-x11": "libxkbcommon-x11-0",
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-shape": "libxcb-shape0",
    "xcb-xkb": "libxcb-xkb1",
}


def missing_display() -> str:
    """Why no window can open, as a sentence with the next step; "" when one can."""
    if not sys.platform.startswith("linux"):
        return ""
    missing = missing_libraries()
    if missing:
        return f"Qt needs system libraries that are not here. Install them: apt-get install {' '.join(missing)}"
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform and not platform.startswith(("xcb", "wayland")):
        return ""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    return (
        "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so the window cannot open. "
        "Start it on a desktop, through `ssh -X`, or with `xvfb-run playground`. "
        "Without a window: `playground demo` trains an example here, `playground train FILE` a project."
    )


def missing_libraries() -> list[str]:
    """Debian packages of the system libraries that Qt would not find."""
    return [package for library, package in QT_LIBRARIES.items() if ctypes.util.find_library(library) is None]
