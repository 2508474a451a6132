"""What a dockable panel tells the window about itself. A file under `ui/panels` calls `register_panel`; the window finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from playground.ui.discover import modules
from playground.ui.layout_table import AREAS, LAYOUT_TABLE

if TYPE_CHECKING:
    from playground.ui.session import Session

__all__ = [
    "AREAS", "LAYOUTS", "Dialog", "Panel", "StartPage", "dialogs", "panels", "register_dialog", "register_panel",
    "register_start_page", "start_page",
]  # fmt: skip

LAYOUTS = tuple(layout.name for layout in LAYOUT_TABLE)
_ROOM = {layout.name: layout.areas for layout in LAYOUT_TABLE}


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One dock.

    places: name of a layout -> one of its areas, as in `layout_table`; panels that share an area become tabs in the order of
    `order`, and the first is in front. A layout that is not named does not show the panel until a person asks.
    factory: makes the widget from the session when the dock is first shown. The widget may have `title_note: str` (a few words
    at the right of the title bar) and a signal `title_changed(str)` (what the tab says, such as "Problems 2"), with
    `title_now` for what it says from the beginning, and `focus_target() -> QWidget | None`, which gets the keyboard when the panel is
    asked for.
    width, height: size in pixels that a fresh layout gives the area; 0 leaves it to the others.  least: minimum (width, height).
    """

    id: str
    title: str
    icon: str
    places: Mapping[str, str]
    factory: Callable[[Session], QWidget]
    order: int = 50
    width: int = 0
    height: int = 0
    least: tuple[int, int] = field(default=(96, 96))


_PANELS: dict[str, Panel] = {}


def register_panel(panel: Panel) -> Panel:
    """Offer a panel to every window made from now on."""
    if _PANELS.setdefault(panel.id, panel) is not panel:
        raise RuntimeError(f"panel id used twice: {panel.id}")
    wrong = [f"{layout}: {area}" for layout, area in panel.places.items() if area not in _ROOM.get(layout, ())]
    if wrong:
        raise RuntimeError(f"panel {panel.id} asks for places that do not exist: {', '.join(wrong)}")
    return panel


@dataclass(frozen=True, kw_only=True)
class Dialog:
    """Something that a menu opens: "import_data", "export" or "rate_finder". A file under `ui/dialogs` calls `register_dialog`.

    open: shows it over the window that is given and returns at once.
    """

    id: str
    open: Callable[[Session, QWidget], None]


@dataclass(frozen=True, kw_only=True)
class StartPage:
    """What stands in the window's middle before a project is open. A file under `ui/dialogs` calls `register_start_page`.

    factory: makes the page; its signals are `opened(Path)` for a project file or an example, `new_asked()`, `open_asked()` and
    `import_asked()`, `weights_asked()`, `recovered(find, how)` for `Documents.recover` and `language_asked(choice)`. `refresh()` makes
    it look for unsaved work. An example is opened as an untitled copy: its path lies in the assets.
    """

    factory: Callable[[Session], QWidget]


_DIALOGS: dict[str, Dialog] = {}
_START: list[StartPage] = []


def register_dialog(dialog: Dialog) -> Dialog:
    """Offer a dialog to the menus."""
    _DIALOGS[dialog.id] = dialog
    return dialog


def register_start_page(page: StartPage) -> StartPage:
    """Offer the start page."""
    _START[:] = [page]
    return page


def dialogs() -> Mapping[str, Dialog]:
    """Every registered dialog by id."""
    modules("playground.ui.dialogs")
    return _DIALOGS


def start_page() -> StartPage | None:
    """The start page, if there is one."""
    modules("playground.ui.dialogs")
    return _START[0] if _START else None


def panels() -> tuple[Panel, ...]:
    """Every registered panel by order, after importing all modules under `ui.panels`."""
    modules("playground.ui.panels")
    return tuple(sorted(_PANELS.values(), key=lambda panel: (panel.order, panel.id)))
