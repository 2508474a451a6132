"""What an action of the window is, and the tests that many of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

Test = Callable[["MainWindow"], bool]
#: In the order of the menu bar; one without actions is not shown.
MENUS = ("File", "Edit", "Insert", "Network", "Train", "Analyse", "View", "Help")


def always(window: MainWindow) -> bool:
    return True


def selected(window: MainWindow) -> bool:
    return bool(window.session.selection)


def chosen_items(window: MainWindow) -> bool:
    """Whether nodes, notes or frames are selected."""
    chosen, network = set(window.session.selection), window.session.view.network
    return not chosen.isdisjoint((*(node.id for node in network.nodes), *(note.id for note in network.notes)))


def chosen_nodes(window: MainWindow) -> bool:
    return bool(window.session.selected_nodes())


def nodes(window: MainWindow) -> bool:
    return bool(window.session.project.network.nodes)


def live(window: MainWindow) -> bool:
    return window.session.run.state in ("running", "paused", "starting")


def has_run(window: MainWindow) -> bool:
    return window.session.run.state in ("running", "paused", "finished", "failed", "dead")


def can_train(window: MainWindow) -> bool:
    return window.session.ready or live(window) or window.session.client.at_fault


def can_step(window: MainWindow) -> bool:
    state = window.session.run.state
    return state == "paused" or (state in ("idle", "finished", "failed") and window.session.ready)


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that the window can do.

    menu: one of MENUS; "" for none.  group: groups stand in rising order, with a line between them.  order: the same within a
    group; actions of one order stand as in their file, files by name.  label: the text now, where it varies.
    checked: whether it is on, for a switch.  local: the shortcut works only while the canvas has the focus.
    tool: its place in the toolbar, rising, with a line between one hundred and the next; up to 299 stand left of what to train,
    the others at the right end; 0 is none.  look: of that button, "icon", "quiet" (icon and text) or "primary".
    sub: the submenu of its menu that it stands in, where the first of them stands; "" for the menu itself.
    place: where it has a button outside the bars, such as "knobs", the foot of the knobs panel; "" for none.
    why: a sentence for while it is not possible, where its test is none of those above.
    """

    id: str
    text: str
    run: Callable[[MainWindow], object]
    shortcut: str = ""
    icon: str = ""
    menu: str = ""
    sub: str = ""
    group: int = 0
    enabled: Test = always
    label: Callable[[MainWindow], str] | None = None
    checked: Test | None = None
    local: bool = False
    order: int = 0
    tool: int = 0
    look: str = "icon"
    place: str = ""
    why: str = ""


def obstacle(action: Action, window: MainWindow) -> str:
    """Why an action is not possible now, as a sentence with what to do; "" where it is."""
    if action.enabled(window):
        return ""
    if action.why:
        return say(action.why)
    found = _OBSTACLES.get(action.enabled)
    if found is None and action.menu in ("Train", "Analyse") and not window.session.ready:
        found = _not_ready
    return found(window) if found is not None else say("Not possible just now.")


def _not_ready(window: MainWindow) -> str:
    """What keeps the project from training."""
    session = window.session
    if session.loading:
        return say("The data is still being read.")
    worst = next((problem for problem in session.problems if problem.severity == "error"), None)
    return say(worst.text) if worst is not None else say("Nothing to train yet: add data and a loss.")


def _no_step(window: MainWindow) -> str:
    return say("Pause the run first.") if live(window) else _not_ready(window)


_OBSTACLES: dict[Test, Callable[[MainWindow], str]] = {
    selected: lambda window: say("Nothing is selected. Select a node first."),
    chosen_items: lambda window: say("Select a node or a note first."),
    chosen_nodes: lambda window: say("Select a node first."),
    nodes: lambda window: say("The canvas is empty. Add a node first."),
    live: lambda window: say("No run is going. Press Train first."),
    has_run: lambda window: say("There is no run yet. Press Train first."),
    can_train: _not_ready,
    can_step: _no_step,
}
