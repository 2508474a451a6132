"""Pictures that the worker of the run makes, for as long as the canvas shows the network that it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.core.fields import fields_of
from playground.core.spec import Spec
from playground.document.node_size import is_planar
from playground.document.project import Project
from playground.training.areas.tiles import Pictures, Tile
from playground.training.messages import Reset, Started
from playground.training.messages.change import Replanned
from playground.training.messages.tiles import Pictured
from playground.ui.canvas.answers import Array
from playground.ui.canvas.local import LocalNames
from playground.ui.canvas.plane import plane_of

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Node names in the run and the first unit that shows.
Asked = tuple[tuple[str, int], ...]


def structure(project: Project) -> tuple[object, ...]:
    """All that decides which numbers flow where; settings that may change while a run goes on are left out."""
    network = project.network
    nodes = tuple((node.id, node.name, node.shares, node.transposed, _fixed(node.spec)) for node in network.nodes)
    inner = tuple((block.id, tuple(_fixed(n.spec) for n in block.network.nodes), block.network.links) for block in project.blocks)
    return nodes, network.links, inner, project.data


def _fixed(spec: object) -> object:
    if not isinstance(spec, Spec):
        return spec
    return type(spec), tuple(getattr(spec, name) for name, field in fields_of(spec).items() if not field.live)


class LivePictures:
    """Asks the worker for pictures of some nodes, and gives them by the names that nodes have on the canvas.

    tiles: responses over the plane.  values: outputs for one sample.  step: of both, -1 before there are any.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tiles: dict[str, Tile] = {}
        self.values: dict[str, Array] = {}
        self.step = -1
        self._asked: tuple[Any, ...] = ((), 0, 0)
        self._mark = 0
        self._fresh = False
        self._fits = False

    def hear(self, event: object) -> bool:
        """Whether the event brings new pictures, or takes them away."""
        if isinstance(event, Pictured | Reset | Started | Replanned):
            self._fresh = True
            return True
        return False

    def follow(self) -> None:
        """The project or the run is another: whether the run trains what the canvas shows, and evaluates as its plan does."""
        known, shown = self.session.run_project, self.session.project
        fits = (
            known is not None
            and known.training.judges_averaged == shown.training.judges_averaged
            and structure(known) == structure(shown)
        )
        self._fresh |= fits != self._fits
        self._fits = fits

    def ask(self, nodes: Asked, sample: int) -> None:
        """Have the worker make pictures of these nodes from now on."""
        samples, run = self.session.samples, self.session.run
        asked = (nodes if self._fits else (), sample, run.number)
        if asked == self._asked or samples is None or run.state in ("idle", "dead", "failed"):
            return
        self._asked, self._mark, self.step = asked, self._mark + 1, -1
        low, high = plane_of(samples) if is_planar(samples) else ((0.0, 0.0), (1.0, 1.0))
        self.session.client.watch_tiles(asked[0], low, high, sample, self._mark)

    def read(self, names: LocalNames) -> bool:
        """Take the newest pictures; false when there are none yet of what was asked, or the run trains another network."""
        if self._fits and self._fresh:
            found = self.session.client.pictures()
            self._take(found if found is not None and found.mark == self._mark else None, names)
            self._fresh = False
        return self._fits and self.step >= 0

    def _take(self, found: Pictures | None, names: LocalNames) -> None:
        self.step = -1 if found is None else found.step
        self.tiles = {} if found is None else names.answers(found.tiles)
        self.values = {} if found is None else names.answers({name: one[None] for name, one in found.values.items()})
