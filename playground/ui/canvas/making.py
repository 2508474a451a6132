"""What each node shows, made from what is known now: samples, weights, outputs, the worker's pictures, losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from playground.core.samples import Samples
from playground.core.spec import Spec
from playground.document.project import Node
from playground.training.areas.tiles import Tile
from playground.training.surfaces import SIDE
from playground.ui.canvas import pictures
from playground.ui.canvas.answers import Array
from playground.ui.canvas.chances import kept_units, spread_of
from playground.ui.canvas.faring import Cost, duration
from playground.ui.canvas.look import short_number
from playground.ui.canvas.preview import PreviewData
from playground.words import language, say, sentence

if TYPE_CHECKING:
    from playground.ui.canvas.feed import PreviewFeed


#: What tiles show, and its words.
MODES = {"response": sentence("Response"), "weights": sentence("Weights"), "activation": sentence("Activation")}


class PictureMaker:
    """first: node id -> the first unit that its picture shows.  mode: what tiles show, a word of MODES."""

    def __init__(self, feed: PreviewFeed) -> None:
        self.feed, self.session = feed, feed.session
        self.first: dict[str, int] = {}
        self.mode = "response"
        self._answers: dict[str, Array] = {}
        self._weights: dict[str, Array] = {}
        self._tiles: dict[str, Tile] = {}
        self._crowd: dict[str, Array] = {}
        self._read: dict[str, Array] = {}
        self._inputs: tuple[Samples, str, PreviewData] | None = None
        self._spreads: dict[str, tuple[Array | None, PreviewData | None]] = {}
        self._shown: tuple[Samples | None, int, PreviewData | None] | None = None
        self._glyphs: dict[str, tuple[object, PreviewData | None]] = {}
        self._answered: dict[str, tuple[Array | None, object, PreviewData | None]] = {}

    def take(
        self,
        answers: dict[str, Array],
        weights: dict[str, Array],
        tiles: dict[str, Tile],
        crowd: dict[str, Array],
        read: dict[str, Array],
    ) -> None:
        """What pictures are made from now on. answers: for one sample where the worker made the tiles, else for what pictures show.

        crowd: outputs for some samples at once.  read: what the nodes read to give them.
        """
        self._answers, self._weights, self._tiles, self._crowd, self._read = answers, weights, tiles, crowd, read

    def turn(self, node: str, units: int, all_units: int, back: bool = False) -> None:
        """Show the next units of a node; after the last the first. units: of a page."""
        pages = -(-all_units // max(units, 1))
        page = (self.first.get(node, 0) // max(units, 1) + (-1 if back else 1)) % pages
        self.first[node] = page * units

    def picture(self, node: Node, kind: str) -> PreviewData | None:
        """The picture of one kind; None while there is nothing to make it from."""
        samples, answers = self.session.samples, self._answers
        makers: dict[str, Callable[[], PreviewData | None]] = {
            "glyph": lambda: self._glyph(node),
            "image": lambda: self._image(samples),
            "number": lambda: pictures.number(*self._number(node)),
            "strip": lambda: pictures.strip(samples, self.feed.sample),
            "maps": lambda: self._maps(node),
            "bars": lambda: self._bars(node, answers.get(node.name), samples),
            "tiles": lambda: self._responses(node),
            "field": lambda: self._field(node),
            "kept": lambda: self._kept(node),
            "spread": lambda: self._spread(node),
        }
        return makers[kind]() if kind in makers else None

    def live_line(self, node: Node, norms: dict[str, float], cost: Cost | None) -> str:
        """The gradient while a layer trains, and its time once that is measured; what an activation does; else nothing."""
        if self.session.run.going and node.name in norms:
            line = f"∇ {short_number(norms[node.name])}"
            return line if cost is None or cost.estimated else f"{line} · {duration(cost.seconds)}"
        return pictures.activity(node.spec, self._crowd.get(node.name), self._read.get(node.name))

    def _glyph(self, node: Node) -> PreviewData | None:
        """A function's curve; the same picture for as long as its settings are the same."""
        known = self._glyphs.get(node.id)
        if known is None or known[0] is not node.spec:
            known = self._glyphs[node.id] = (node.spec, pictures.curve(node.spec))
        return known[1]

    def _image(self, samples: Samples | None) -> PreviewData | None:
        """The sample that is shown; the same picture for as long as it is."""
        known = self._shown
        if known is None or known[0] is not samples or known[1] != self.feed.sample:
            self._shown = known = samples, self.feed.sample, pictures.image(samples, self.feed.sample)
        return known[2]

    def _maps(self, node: Node) -> PreviewData | None:
        answers = self._answers
        found = pictures.sequence(node, answers, self.session.samples, self.feed.sample)
        if found is not None:
            return found
        weight = None if self.mode == "activation" else self._weights.get(f"{node.name}.weight")
        first, given, form = self.first.get(node.id, 0), answers.get(node.name), self.feed.forms.get(node.id, ())
        if weight is not None:
            return pictures.maps(weight, given, form, first)
        return self._of_answer(node, given, first, lambda: pictures.maps(None, given, form, first))

    def _bars(self, node: Node, given: Array | None, samples: Samples | None) -> PreviewData | None:
        return self._of_answer(node, given, (samples and samples.class_names, language()), lambda: pictures.bars(given, samples))

    def _of_answer(
        self, node: Node, given: Array | None, how: object, make: Callable[[], PreviewData | None]
    ) -> PreviewData | None:
        """The same picture for as long as it is made of the same: new answers come less often than the canvas is drawn."""
        known = self._answered.get(node.id)
        if known is None or known[0] is not given or known[1] != how:
            known = self._answered[node.id] = (given, how, make())
        return known[2]

    def _spread(self, node: Node) -> PreviewData | None:
        given = self._crowd.get(node.name, self._answers.get(node.name))
        known = self._spreads.get(node.id)
        if known is None or known[0] is not given:  # the crowd is looked at once a second
            found = spread_of(given)
            known = self._spreads[node.id] = (given, None if found is None else PreviewData(spread=found))
        return known[1]

    def _kept(self, node: Node) -> PreviewData | None:
        """What is left of the first sample of the newest batch, or of the first batch before there is any."""
        session, lowered = self.session, self.feed.lowered
        type, owner = session.seen.types.get(node.id), self.feed.giver(node.name)
        if lowered is None or type is None or not owner:
            return None
        client = session.client
        running = session.run.state != "idle" and session.run_project is not None
        project = session.run_project if running and session.run_project is not None else session.project
        rate = client.knobs.get(f"{owner}.rate", getattr(node.spec, "rate", 0.0)) if running else getattr(node.spec, "rate", 0.0)
        found = kept_units(
            lowered.graph, owner, type, float(rate), project.training.seed, max(client.step - 1, 0) if running else 0
        )
        return None if found is None else PreviewData(kept=found)

    def _responses(self, node: Node) -> PreviewData | None:
        samples = self.session.samples
        if node.spec.kind == "dataset" and samples is not None:
            return self._plane(samples)
        first = self.first.get(node.id, 0)
        if self.mode == "weights" and f"{node.name}.weight" in self._weights:
            return pictures.weight_tiles(self._weights[f"{node.name}.weight"], self._weights.get(f"{node.name}.bias"), first)
        if self.mode == "activation" and node.name in self._crowd:
            return pictures.histograms(self._crowd[node.name], first)
        if self._tiles:
            return pictures.of_tile(self._tiles.get(node.name))
        spec = node.spec if isinstance(node.spec, Spec) else None
        return pictures.responses(self._answers.get(node.name), SIDE, spec, first)

    def _plane(self, samples: Samples) -> PreviewData:
        """The inputs themselves; the same picture for as long as it is the same plane."""
        scaling = self.session.project.data.scaling
        if self._inputs is None or self._inputs[0] is not samples or self._inputs[1] != scaling:
            self._inputs = (samples, scaling, pictures.plane_tiles(samples, SIDE, scaling))
        return self._inputs[2]

    def _field(self, node: Node) -> PreviewData | None:
        samples, lowered = self.session.samples, self.feed.lowered
        if samples is None:
            return None
        tile = self._tiles.get(node.name)
        if node.spec.kind != "loss":
            return pictures.field(self._answers.get(node.name), SIDE) if tile is None else pictures.of_field(tile)
        if tile is not None or lowered is None:
            return pictures.judged(None if tile is None else tile.array, samples, self.feed.prepared)
        head = next((head for head in lowered.heads if head.node == node.id), lowered.heads[0])
        output = next((n.name for n in self.session.project.network.nodes if n.id == head.output.partition("/")[0]), "")
        response = head.loss.respond(self._answers[output]) if output in self._answers and not self._tiles else None
        return pictures.judged(pictures.decided(response, samples, SIDE), samples, self.feed.prepared)

    def _number(self, node: Node) -> tuple[float | None, str]:
        """A loss with the words under it: over the newest batches, or of several what each was at the end of the last epoch."""
        client, several = self.session.client, len(self.session.project.network.of_kind("loss")) > 1
        if several:
            epochs = client.epochs if client.step else ()
            return (epochs[-1].metrics.get(node.name) if epochs else None), self._guess(node) if not epochs else say(
                "after the epoch"
            )
        loss = client.history().loss if client.step else ()
        return (float(np.mean(loss[-20:])) if len(loss) else None), self._guess(node)

    def _guess(self, node: Node) -> str:
        """What guessing gives, where that is known."""
        samples = self.session.samples
        wired = any(link.port == 1 for link in self.session.project.network.into(node.id))
        if (
            samples is None
            or samples.task != "classification"
            or samples.classes < 2
            or getattr(node.spec, "target", "") == "values"
            or wired
        ):
            return ""
        return say("guess: ln {classes} = {log}", classes=samples.classes, log=f"{math.log(samples.classes):.2f}")
