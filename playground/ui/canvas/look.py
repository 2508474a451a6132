"""What a node shows, worked out from the project and its inspection. Pure: no widget, no painting."""

from __future__ import annotations

from dataclasses import dataclass

from playground.core.fields import Real, fields_of
from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document.groups import settings
from playground.document.node_size import BARE, EDGE, WIDEST, is_planar, picture_of, size_of
from playground.document.problems import Problem
from playground.document.project import Node, Placeholder, Project
from playground.lowering import Inspection
from playground.lowering.groups import weighty
from playground.ui.canvas.ports import node_ports
from playground.ui.painting import group_color, width_of
from playground.words import say, strung, without_name

MAPS, MAP_GAP, MAP_SIDE = 93, 3, 4  # one picture of all maps; the fewer they are, the larger is each


@dataclass(frozen=True)
class NodeLook:
    """A node as it is drawn.

    group: colour token.  line: the shape line.  preview: "tiles", "maps", "bars", "glyph", "image", "strip", "number", "field", "kept", "spread" or "".
    units: tiles, maps or bars to show.  state: "normal", "error" or "waiting".  badge: icon at the right of the header, or "".
    ins, outs: ports that it has.  quiet_in, quiet_out: those of them that show only when they are wanted.  in_names, out_names: what
    each is called, with its type where known; () where there is only one.  weighty: whether it has weights, its own or another's.
    least, most: widths that it has where its name has the least room and all that it wants.
    """

    name: str
    icon: str
    group: str
    line: str
    preview: str = ""
    units: int = 0
    more: int = 0
    ins: int = 1
    outs: int = 1
    variadic: bool = False
    quiet_in: frozenset[int] = frozenset()
    quiet_out: frozenset[int] = frozenset()
    in_names: tuple[str, ...] = ()
    out_names: tuple[str, ...] = ()
    state: str = "normal"
    badge: str = ""
    detail: str = ""
    said: str = ""
    weighty: bool = False
    width: float = 96.0
    height: float = BARE
    least: float = 96.0
    most: float = 96.0


def count_text(number: int) -> str:
    """A parameter count as the shape line has room for: 160, 2,320, 16.4 k, 1.2 M."""
    if number < 10_000:
        return f"{number:,}"
    for limit, unit, scale in ((10_000_000, "k", 1e3), (10_000_000_000, "M", 1e6)):
        if number < limit:
            short = number / scale
            return f"{short:.1f} {unit}" if short < 100 else f"{short:,.0f} {unit}"
    return f"{number / 1e9:,.1f} G"


def short_number(value: float) -> str:
    """Two figures: 0.41, 12, 1.8e-4."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.2g}" if abs(value) < 100 else f"{value:,.0f}"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


class Surroundings:
    """What the looks of all nodes are worked out from, sorted by node once."""

    def __init__(self, project: Project, inspection: Inspection, samples: Samples | None) -> None:
        self.inspection, self.samples = inspection, samples
        losses = {node.id for node in project.network.of_kind("loss")}
        self.problems: dict[str, list[Problem]] = {}
        for problem in inspection.problems:
            self.problems.setdefault(problem.node, []).append(problem)
        self.ports: dict[str, set[int]] = {}
        self.used: dict[str, set[int]] = {}
        self.names = {node.id: node.name for node in project.network.nodes}
        self.frozen = {
            id for id, held in settings(project.groups, weighty(project, inspection.parameters)).items() if held.frozen
        }
        self.givers = {node.shares for node in project.network.nodes if node.shares and node.id not in inspection.idle_ties}
        self.answers: set[str] = set()
        for link in project.network.links:
            self.ports.setdefault(link.target, set()).add(link.port)
            self.used.setdefault(link.source, set()).add(link.output)
            if link.target in losses and link.port == 0:
                self.answers.add(link.source)

    def look(self, node: Node) -> NodeLook:
        """What the node shows now."""
        spec, samples, inspection = node.spec, self.samples, self.inspection
        output = inspection.types.get(node.id)
        reasons = self.problems.get(node.id, [])
        errors = [p for p in reasons if p.severity == "error"]
        unknown = output is None and spec.kind == "layer"
        preview, units, more = picture = picture_of(node, node.id in self.answers, output, samples)
        ports = node_ports(
            node.spec, self.ports.get(node.id, set()), self.used.get(node.id, set()), inspection.outputs.get(node.id)
        )
        line = _reason(say(errors[0].text), node.name) if errors else self._tied(node) or _line(node, inspection, samples)
        shown = "" if errors else line
        width, height = size_of(picture, spec.kind, node.name, shown, width_of)
        least, _ = size_of(picture, spec.kind, "", shown, width_of)
        height = max(height, ports.least_height)
        shape = say(" by ").join(map(str, output.shape)) if output is not None and output.shape else ""
        return NodeLook(
            name=node.name,
            icon="block" if isinstance(spec, Placeholder) else spec.icon,
            group=group_color(spec.kind, getattr(spec, "group", "")),
            line=line,
            preview=preview,
            units=units,
            more=more,
            ins=ports.ins,
            outs=ports.outs,
            variadic=ports.variadic,
            quiet_in=ports.quiet_in,
            quiet_out=ports.quiet_out,
            in_names=ports.in_names,
            out_names=ports.out_names,
            state="error" if errors else "waiting" if unknown else "normal",
            badge="error" if errors else "warn" if reasons else self._mark(node),
            weighty=bool(node.shares) or inspection.parameters.get(node.id, 0) > 0,
            detail="\n".join(say(p.text) for p in reasons),
            said=strung(filter(None, (node.name, say(spec.title), shape, ports.said, self._tied(node)))),
            width=width,
            height=height,
            least=least,
            most=width,
        )

    def _mark(self, node: Node) -> str:
        """The badge of a node without problems."""
        if node.shares in self.names or node.id in self.givers:
            return "tied"
        return "frozen" if node.frozen or node.id in self.frozen else "bolt" if _is_live(node.spec) else ""

    def _tied(self, node: Node) -> str:
        """Whose weights a node uses, for the shape line and for screen readers; "" for its own, which a tie may leave it."""
        giver = "" if node.id in self.inspection.idle_ties else self.names.get(node.shares, "")
        return say("shares with {giver}", giver=giver) + (say(", transposed") if node.transposed else "") if giver else ""


def look_of(node: Node, project: Project, inspection: Inspection, samples: Samples | None) -> NodeLook:
    """What one node shows now."""
    return Surroundings(project, inspection, samples).look(node)


def _is_live(spec: object) -> bool:
    """Whether the layer itself has a setting that may change while training, such as a dropout rate."""
    return isinstance(spec, Layer) and any(field.live and isinstance(field, Real) for field in fields_of(spec).values())


def _line(node: Node, inspection: Inspection, samples: Samples | None) -> str:
    spec = node.spec
    if spec.kind == "dataset":
        if samples is None:
            return say("reading")
        many = say(
            "{n} sequences"
            if samples.steps
            else "{n} images"
            if len(samples.shape) == 3
            else "{n} points"
            if is_planar(samples)
            else "{n} rows",
            n=f"{samples.count:,}",
        )
        whole = f"{say(spec.title)} · {many}"  # where there is no room for both, the number tells more than the name
        return many if is_planar(samples) or width_of(whole, 10) > WIDEST - 2 * EDGE else whole
    if spec.kind == "loss" or isinstance(spec, Placeholder):
        return say(spec.title)
    output = inspection.types.get(node.id)
    if output is None or not isinstance(spec, Layer):
        return say("shape unknown")
    caption = say(inspection.captions.get(node.id, ""))
    parameters = inspection.parameters.get(node.id, 0)
    return " · ".join(
        filter(
            None,
            (
                caption or (say("to {shape}", shape=output) if not parameters else ""),
                say("{count} p", count=count_text(parameters)) if parameters else "",
            ),
        )
    )


def _reason(text: str, name: str) -> str:
    """The first clause of a problem, without the node's own name."""
    for mark in (". ", "; "):
        text = text.partition(say(mark))[0]
    return without_name(text.rstrip(".。"), name)
