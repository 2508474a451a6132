"""The Analyse menu. Looks at a project that leave it and its run as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.actions.base import Action
from playground.ui.bench import bench_of

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def can_look(window: MainWindow) -> bool:
    """There is a run to look at, running or not, or a project that could train."""
    return bench_of(window.session).can_ask


def preflight(window: MainWindow) -> None:
    """Show the panel and run its checks."""
    from playground.ui.panels.preflight import PreflightPanel

    window.show_panel("preflight")
    panel = window.findChild(PreflightPanel)
    if panel is not None:
        panel.start()


def timing(window: MainWindow) -> None:
    """Show the panel and measure."""
    from playground.ui.panels.timing import TimingPanel

    window.show_panel("timing")
    panel = window.findChild(TimingPanel)
    if panel is not None:
        panel.start()


ACTIONS = (
    Action(id="preflight", text="Pre-flight", run=preflight, shortcut="Ctrl+Shift+F5", icon="preflight", menu="Analyse",
           enabled=can_look, tool=301, look="quiet"),
    Action(id="find_rate", text="Find rate", run=lambda w: w.find_rate(), shortcut="Ctrl+R", icon="finder", menu="Analyse", group=1,
           enabled=can_look, tool=302, look="quiet"),
    Action(id="rate_fan", text="Rate fan", run=lambda w: w.open_dialog("rate_fan"), shortcut="Ctrl+Alt+N", icon="finder",
           menu="Analyse", group=1, enabled=can_look, place="knobs"),
    Action(id="find_batch", text="Find batch size", run=lambda w: w.open_dialog("batch_finder"), icon="slider", menu="Analyse",
           group=2, enabled=can_look),
    Action(id="timing", text="Why is it slow?", run=timing, icon="clock", menu="Analyse", group=2, enabled=can_look),
)  # fmt: skip
