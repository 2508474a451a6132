"""Where looks at a project are carried out: between two steps of its run, or without one in a worker of their own.

A look is a command of the worker that leaves the run as it is: the rate finder, the rate fan, the pre-flight, the time of layers, the
batch-size finder. While there is a run of the project as it is, that run is asked. Otherwise a second worker begins at the start
weights, so that neither a finished curve is lost nor the network is held by a run that nobody started.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal

from playground.core.fields import fields_of
from playground.document.project import Node, Project
from playground.training.client import Client
from playground.training.messages import (
    Act,
    Command,
    Compiling,
    Died,
    Done,
    Event,
    Failed,
    FinderDone,
    FinderPoint,
    Started,
    Warned,
)
from playground.training.messages.analysis import (
    BatchesDone,
    BatchPoint,
    LayerCost,
    LayersTimed,
    PreflightDone,
    PreflightStep,
)
from playground.training.messages.fan import FanDone, FanPoint
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

#: The worker of its own is let go when nobody has asked for so long.
IDLE_MS = 20_000
TOLD = (
    BatchPoint, BatchesDone, Compiling, Died, Failed, FanDone, FanPoint, FinderDone, FinderPoint, LayersTimed, PreflightDone,
    PreflightStep, Warned,
)  # fmt: skip


class Bench(QObject):
    """One look at a time. heard(event): what it tells.  changed: it began or ended.

    busy: a look goes on.  beside: the last one was carried out beside the run, from start weights.  layers: what they cost when that was
    last measured, for whoever looks later.
    """

    heard = Signal(object)
    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.busy = self.beside = False
        self.layers: tuple[LayerCost, ...] = ()
        self._client: Client | None = None
        self._notifier: QSocketNotifier | None = None
        self._serial = 0
        self._given_up = False  # the worker has dropped the run; after a fault it still has it
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self.close)
        session.heard.connect(self._heard)
        session.replaced.connect(self._forget)
        session.closing.connect(self.close)

    @property
    def can_ask(self) -> bool:
        """There is a run that can be asked, or the project could train."""
        return self._asks_run or self.session.ready

    @property
    def _asks_run(self) -> bool:
        state = self.session.client.state
        if state in ("starting", "running", "paused"):
            return True
        known = self.session.run_project
        if state not in ("finished", "failed") or self._given_up or known is None or self.session.client.worker_pid is None:
            return False
        return bool(_made_of(known) == _made_of(self.session.project))

    def ask(self, command: Command) -> str:
        """Have a look carried out in place of any other. Gives why that is not possible, or "".

        What it tells comes when this has returned, however fast it was, so that whoever asks can get ready for it."""
        if not self.can_ask:
            problems = [problem for problem in self.session.problems if problem.severity == "error"]
            reading = self.session.samples_error or sentence("The data is still being read.")
            return say(problems[0].text if problems else reading)
        self.cancel()
        self.beside = not self._asks_run
        if self.beside:
            self._begin_beside(command)
        else:
            self._note(self.session.client.send(command))  # not by `run.ask`, which takes answers at once
        return ""

    def _note(self, serial: int) -> None:
        self._serial, self.busy = serial, True
        self.changed.emit()

    def _begin_beside(self, command: Command) -> None:
        samples = self.session.samples
        assert samples is not None
        self._idle.stop()
        if self._client is None:
            self._client = Client(again=sentence("Start it again."))
            self._notifier = QSocketNotifier(self._client.fileno(), QSocketNotifier.Type.Read, self)
            self._notifier.activated.connect(self._drain)
        self._client.start(self.session.project, samples, None, paused=True)
        self._note(self._client.send(command))

    def cancel(self) -> None:
        """End the look that goes on; what it has found so far is told."""
        client = self._client if self.beside else self.session.client
        if self.busy and client is not None:
            for what in ("cancel_look", "cancel_finder"):
                client.send(Act(what=what))

    def close(self) -> None:
        """End the worker of its own, if there is one."""
        self._idle.stop()
        if self._client is not None:
            assert self._notifier is not None
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._client.close()
            self._client = self._notifier = None
        if self.busy and self.beside:
            self._end()

    def _forget(self) -> None:
        """It is another project."""
        self.layers = ()
        self.close()

    def _end(self) -> None:
        self.busy = False
        if self._client is not None:
            self._idle.start()
        self.changed.emit()

    def _drain(self) -> None:
        client = self._client
        for event in client.poll() if client is not None else []:
            self._follow(event)

    def _heard(self, event: Event) -> None:
        if isinstance(event, Started | Failed):
            self._given_up = isinstance(event, Failed)
        if not self.beside:
            self._follow(event)

    def _follow(self, event: Event) -> None:
        """Tell what a look says, and notice its end."""
        done = isinstance(event, Done) and event.serial == self._serial
        ended = done or isinstance(event, Failed | Died) or self._is_gone(event)
        if self.busy and isinstance(event, LayersTimed | PreflightDone) and event.layers:
            self.layers = event.layers
        if self.busy and isinstance(event, TOLD):
            self.heard.emit(event)
        if self.busy and ended:
            self._end()

    def _is_gone(self, event: Event) -> bool:
        """Whether the worker died where there was no run to lose, as after its end; that is told as a warning."""
        client = self._client if self.beside else self.session.client
        return isinstance(event, Warned) and (client is None or client.worker_pid is None)


def bench_of(session: Session) -> Bench:
    """The one bench of a session."""
    found = session.findChild(Bench)
    return found if isinstance(found, Bench) else Bench(session)


def layers_of(project: Project) -> Any:
    """Layers and wires of a project as a run keeps them while it goes on."""
    sources = project.network.of_kind("dataset")
    return _fixed(node for node in project.network.nodes if node not in sources), project.network.links


def _made_of(project: Project) -> Any:
    """What of a project a run cannot follow while it goes on; runs of two projects that agree in it go on alike."""
    training = project.training
    nodes = _fixed(project.network.nodes)
    return nodes, project.network.links, project.data, training.batch, training.accumulate, type(training.optimizer)


def _fixed(nodes: Iterable[Node]) -> Any:
    """What nodes are, but for what may change while a run goes on."""

    def settings(spec: object) -> Any:
        return type(spec), tuple((name, getattr(spec, name)) for name, field in fields_of(spec).items() if not field.live)

    return tuple((node.id, settings(node.spec), node.shares) for node in nodes)
