"""The Train menu. Going back in a run, going on from a checkpoint, and a worker that does not answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playground.ui import settings
from playground.ui.actions.base import Action
from playground.ui.run_control import checkpoints_every
from playground.ui.steering.travel import travels_of
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def _picked(window: MainWindow) -> bool:
    travels = travels_of(window.session)
    return travels.possible and travels.picked is not None


def _fork_text(window: MainWindow) -> str:
    step = travels_of(window.session).picked
    return say("Fork here") if step is None else say("Fork at {step}", step=f"{step:,}")


def _rewind_text(window: MainWindow) -> str:
    step = travels_of(window.session).picked
    return say("Rewind here") if step is None else say("Rewind to {step}", step=f"{step:,}")


def _resume_from(window: MainWindow) -> None:
    """Ask for a checkpoint and go on from it."""
    from PySide6.QtWidgets import QFileDialog

    session = window.session
    folder = str(session.shelf) if session.shelf.is_dir() else str(session.folder)
    name, _ = QFileDialog.getOpenFileName(
        window, say("Resume from a checkpoint"), folder, say("Checkpoints") + " (*.safetensors)"
    )
    if name:
        resume_from(window, Path(name))


def resume_from(window: MainWindow, path: Path) -> None:
    """Begin a run where a checkpoint was left, in place of the present one."""
    window.session.resume_from(path)


def _alive(window: MainWindow) -> bool:
    return window.session.client.worker_pid is not None and window.session.run.state in ("running", "starting", "paused")


#: Epochs between checkpoints that are kept, as the menu offers them.
EVERY = (0, 1, 10, 100)
MOST_EPOCHS = 1_000_000


def _keep(window: MainWindow, every: int) -> None:
    settings.set_word("checkpoint_every", str(every))
    window.refresh()


_SUB = sentence("Checkpoints of epochs")
_KEEP = {
    0: sentence("Keep no checkpoints of epochs"),
    1: sentence("Keep a checkpoint of every epoch"),
    10: sentence("Keep a checkpoint of every 10 epochs"),
    100: sentence("Keep a checkpoint of every 100 epochs"),
}


def _keeping(every: int) -> Action:
    def chosen(window: MainWindow) -> bool:
        return checkpoints_every() == every

    return Action(
        id=f"keep_{every}", text=_KEEP[every], run=lambda w: _keep(w, every), menu="Train", sub=_SUB, group=4, order=2,
        checked=chosen,
    )  # fmt: skip


def _keep_other(window: MainWindow) -> None:
    """Ask for the number of epochs, in a dialog that does not block."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QInputDialog

    dialog = QInputDialog(window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(say("Checkpoints"))
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setLabelText(say("Epochs from one kept checkpoint to the next"))
    dialog.setIntRange(1, MOST_EPOCHS)
    dialog.setIntValue(checkpoints_every() or 1)
    dialog.intValueSelected.connect(lambda every: _keep(window, every))
    dialog.open()


def _other_text(window: MainWindow) -> str:
    every = checkpoints_every()
    return (
        say("Keep a checkpoint every … epochs") if every in EVERY else say("Keep a checkpoint every {n} epochs…", n=f"{every:,}")
    )


_PICK = "Train first, then click a point of the curve."

ACTIONS = (
    Action(id="fork", text="Fork here", run=lambda w: travels_of(w.session).fork(), shortcut="Ctrl+Alt+F", icon="fork", menu="Train",
           group=3, enabled=_picked, label=_fork_text, place="knobs", why=_PICK),
    Action(id="rewind", text="Rewind here", run=lambda w: travels_of(w.session).rewind(), shortcut="Ctrl+Alt+R", icon="rewind",
           menu="Train", group=3, enabled=_picked, label=_rewind_text, place="knobs", why=_PICK),
    Action(id="resume_from", text="Resume from a checkpoint…", run=_resume_from, menu="Train", group=4,
           enabled=lambda w: w.session.ready),
    Action(id="kill", text="Stop now", run=lambda w: w.session.run.ask(w.session.client.kill), menu="Train", group=4, enabled=_alive,
           why="No run is going. Press Train first."),
    *(_keeping(every) for every in EVERY),
    Action(id="keep_other", text="Keep a checkpoint every … epochs", run=_keep_other, menu="Train", sub=_SUB, group=4, order=2,
           label=_other_text,
           checked=lambda w: checkpoints_every() not in EVERY),
)  # fmt: skip
