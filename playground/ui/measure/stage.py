"""The real window, session and worker under measurement, in a home of their own."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from playground import paths
from playground.catalog.datasets.array_file import ArrayFile
from playground.cli.bench.workloads import workload
from playground.document.edits import MoveNodes, ReplaceSpec, SetPlan
from playground.document.file import save
from playground.document.project import Project
from playground.ui.app import make_application
from playground.ui.main_window import MainWindow
from playground.ui.session import Session

#: What has to hold before a measurement goes on, at most so long: compiling every kernel of a network takes some seconds.
PATIENCE = 180.0
SIZE = (1920, 1200)
#: Where each dock stands when all are open at once; the others go to the bottom.
PLACES = {
    "palette": Qt.DockWidgetArea.LeftDockWidgetArea,
    "training": Qt.DockWidgetArea.LeftDockWidgetArea,
    "inspector": Qt.DockWidgetArea.RightDockWidgetArea,
    "knobs": Qt.DockWidgetArea.RightDockWidgetArea,
    "problems": Qt.DockWidgetArea.TopDockWidgetArea,
    "data": Qt.DockWidgetArea.TopDockWidgetArea,
    "journal": Qt.DockWidgetArea.TopDockWidgetArea,
    "metrics": Qt.DockWidgetArea.TopDockWidgetArea,
}


def spin(seconds: float) -> None:
    """Run the event loop as the program does."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop, loop.quit)
    loop.exec()


def until(true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Run the event loop until something holds. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:g} s")
        spin(0.02)


@contextmanager
def own_home() -> Iterator[Path]:
    """Settings, runs and recovery files in a temporary folder; only compiled kernels stay where they are."""
    before = {name: os.environ.get(name) for name in ("PLAYGROUND_HOME", "PLAYGROUND_CACHE")}
    os.environ["PLAYGROUND_CACHE"] = str(paths.cache_dir())
    with tempfile.TemporaryDirectory(prefix="playground-measure-") as home:
        os.environ["PLAYGROUND_HOME"] = home
        try:
            yield Path(home)
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def workload_project(id: str, folder: Path, rows: int, epochs: int) -> Path:
    """A workload of the speed table as a project file with its data beside it."""
    one = workload(id)
    samples = one.samples()
    np.savez(folder / f"{id}.npz", x=samples.x[:rows], y=samples.y[:rows])
    project: Project = one.project().record
    (source,) = project.network.of_kind("dataset")
    project = ReplaceSpec(source.id, ArrayFile(path=f"{id}.npz", task="classification")).apply(project)
    project = SetPlan("training", "epochs", epochs).apply(project)
    project = MoveNodes({node.id: (k * 160.0, 0.0) for k, node in enumerate(project.network.nodes)}).apply(project)
    path = folder / f"{id}-{epochs}.play"
    save(project, path)
    return path


class Stage:
    """One window with its session; what a slot raises is kept and raised by `check`."""

    def __init__(self) -> None:
        self.app = make_application()
        self.errors: list[str] = []
        self.session = Session()
        self.window = MainWindow(self.session)
        self.window.resize(*SIZE)
        self.window.show()
        spin(0.05)

    def keep(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self.errors.append("".join(traceback.format_exception(kind, error, trace)))

    def check(self) -> None:
        """Raises RuntimeError with what a slot raised."""
        if self.errors:
            raise RuntimeError(self.errors[0])

    def open(self, path: Path) -> None:
        """Open a project and wait for its data."""
        self.window.documents.open(path)
        self.window.leave_start()
        until(lambda: self.session.samples is not None and not self.session.loading, f"the data ({self.session.samples_error})")
        if not self.session.ready:
            raise RuntimeError(f"the project cannot train: {[problem.text for problem in self.session.problems]}")
        self._freeze()

    def open_all_docks(self) -> None:
        """Every dock in view at once, none behind a tab, a node in the inspector."""
        window = self.window
        window.layouts.show("train")
        for dock in window.layouts.docks.values():
            window.removeDockWidget(dock)
        for dock in window.layouts.docks.values():
            window.addDockWidget(PLACES.get(dock.panel.id, Qt.DockWidgetArea.BottomDockWidgetArea), dock)
            dock.show()
            dock.make()
        layers = [node for node in self.session.project.network.nodes if node.spec.kind == "layer"]
        self.session.select([layers[0].id] if layers else [])
        window.resize(*SIZE)
        spin(0.3)
        window.canvas.zoom_to_fit(most=1.0)
        self._freeze()

    def hidden_docks(self) -> list[str]:
        """Docks of which nothing can be seen."""
        window = self.window
        return [
            id
            for id, dock in window.layouts.docks.items()
            if not dock.make().isVisible() or window.tabifiedDockWidgets(dock) or dock.make().size().isEmpty()
        ]

    def start(self) -> None:
        """Press Train and wait until steps are done."""
        self.session.train()
        until(lambda: self.session.run.state != "starting" and self.session.client.step > 0, "the first step")

    def _freeze(self) -> None:
        """What `app.freeze_later` does after a file is loaded."""
        gc.collect()
        gc.freeze()

    def close(self) -> None:
        """End the worker and put the window away."""
        self.session.new()  # else the window asks whether the weights are to be kept
        self.window.close()
        spin(0.05)


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage that is closed at the end."""
    made = Stage()
    hook, sys.excepthook = sys.excepthook, made.keep
    try:
        yield made
    finally:
        made.close()
        sys.excepthook = hook
    made.check()


def platform() -> str:
    """Qt's platform, and the machine's load, for the notes."""
    one, *_ = os.getloadavg()
    return f"{QApplication.platformName()}, load {one:.1f}"
