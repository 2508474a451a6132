"""Help menu: the first lesson, and what to try with the project that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.actions.base import Action

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def _begin(window: MainWindow) -> object:
    from playground.ui.lessons.coach import coach_of
    from playground.ui.lessons.progress import lessons

    return coach_of(window).begin(lessons()[0])


def _try(window: MainWindow) -> object:
    from playground.ui.lessons.coach import coach_of

    window.show_canvas()
    return coach_of(window).tip()


def _has_tip(window: MainWindow) -> bool:
    from playground.ui.lessons.coach import tip_of

    return bool(tip_of(window.session.project))


ACTIONS = (
    Action(id="first_lesson", text="First lesson", run=_begin, icon="play", menu="Help", order=-3),
    Action(id="try_this", text="Try this", run=_try, icon="star", menu="Help", enabled=_has_tip, order=-2,
           why="This project has no suggestion."),
)  # fmt: skip
