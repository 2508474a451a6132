"""What keeps a project from training, as sentences that name the node and the field and propose a mend."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

from playground.core import reference, registry
from playground.core.fields import Field, fields_of
from playground.document.blocks import View
from playground.document.edits import AddLink, Edit, RemoveLinks, RemoveNodes, SetField, SetNodeOption, SetPlan
from playground.document.integrity import integrity_faults
from playground.document.options import NODE_OPTIONS
from playground.document.project import Link, Network, Node, Placeholder, Project
from playground.document.settings import RECORD_KEYS, every_field
from playground.document.wiring import (
    gives_output,
    loops,
    port_names,
    port_title,
    reached,
    required_ports,
    sources,
    takes_port,
    targets,
    variadic,
)
from playground.errors import BadValue, UnknownKind
from playground.words import joined, sentence

#: Losses that a network may have.
MOST_LOSSES = 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mend:
    """A remedy that one key applies. edits: `document.edits.Edit` records, applied as one undoable step.  note: what comes of it."""

    text: str
    edits: tuple[object, ...] = ()
    note: str = ""


class LazyMends(Sequence[Mend]):
    """Remedies that are worked out when somebody first looks at them: trying them takes longer than finding the problem."""

    def __init__(self, work: Callable[[], Iterable[Mend]]) -> None:
        self._work: Callable[[], Iterable[Mend]] | None = work
        self._found: tuple[Mend, ...] = ()

    def _all(self) -> tuple[Mend, ...]:
        if self._work is not None:
            self._found, self._work = tuple(self._work()), None
        return self._found

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, at: int) -> Mend: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Mend, ...]: ...
    def __getitem__(self, at: int | slice) -> Mend | tuple[Mend, ...]:
        return self._all()[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> tuple[object, ...]:
        return tuple, (self._all(),)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Problem:
    """node: id of the node it is at, "" for the project.  field: its field or port, or "".  severity: "error" or "warning".
    mends: remedies, any one of which does, the best first.
    """

    text: str
    node: str = ""
    field: str = ""
    severity: str = "error"
    mends: Sequence[Mend] = ()

    @property
    def mend(self) -> Mend | None:
        """The best remedy, or None."""
        return self.mends[0] if self.mends else None


def remedies(*found: Mend | None) -> tuple[Mend, ...]:
    """Those that there are, as `Problem.mends`."""
    return tuple(mend for mend in found if mend is not None)


def structural_problems(project: Project) -> list[Problem]:
    """Problems that need no shapes: bad values, missing or doubled wires, cycles, no data, no loss, unknown parts.

    A node that takes no part (`participants`) cannot keep the others from training: its problems are warnings.
    """
    part = participants(project)
    found = [Problem(text=sentence, field=place) for place, sentence in integrity_faults(project)]
    found += () if isinstance(project, View) else _missing_ends(project)
    wires = _Wires(project.network)
    for node in project.network.nodes:
        own = [*_settings(node), *wires.problems(node)]
        found += own if node.id in part else [dataclasses.replace(problem, severity="warning") for problem in own]
    found += [p if p.node in part else dataclasses.replace(p, severity="warning") for p in _loops(project)]
    found += _idle(project, part)
    for which in () if isinstance(project, View) else ("data", "training"):
        found += _plan(project, which)
    return found


def participants(project: Project) -> set[str]:
    """Ids of the nodes that training uses: those that lead to a loss, or all of them while there is none."""
    losses = project.network.of_kind("loss")
    if not losses:
        return {node.id for node in project.network.nodes}
    data = {node.id for node in project.network.of_kind("dataset")}
    return reached((loss.id for loss in losses), sources(project.network)) | data


def _missing_ends(project: Project) -> Iterator[Problem]:
    datasets, losses = project.network.of_kind("dataset"), project.network.of_kind("loss")
    if not datasets and not losses:
        yield Problem(text=sentence("Nothing to train yet: add data and a loss."))
    elif not datasets:
        yield Problem(text=sentence("There is no data yet. Add a data source and wire it to the first layer."))
    elif not losses:
        yield Problem(text=sentence("There is no loss yet. Add one and wire the last layer to it."))
    for extra in datasets[1:]:
        text = sentence(
            "A network has one data source; {datasets} is here already. Delete {extra} or {datasets}.",
            datasets=datasets[0].name,
            extra=extra.name,
        )
        yield Problem(
            text=text,
            node=extra.id,
            mends=(Mend(text=sentence("Delete {extra}", extra=extra.name), edits=(RemoveNodes((extra.id,)),)),),
        )
    if len(losses) > MOST_LOSSES:
        yield Problem(
            text=sentence(
                "A network may have {most_losses} losses; this one has {losses_count}.",
                most_losses=MOST_LOSSES,
                losses_count=len(losses),
            ),
            node=losses[MOST_LOSSES].id,
        )
    for loss in losses if len(datasets) == 1 else ():
        wires = project.network.into(loss.id)
        if wires and wires[0].port == 0 and datasets[0].id not in reached((wires[0].source,), sources(project.network)):
            yield Problem(
                text=sentence(
                    "{datasets} does not reach {loss}. Wire it to the first layer.", datasets=datasets[0].name, loss=loss.name
                ),
                node=datasets[0].id,
            )


def _settings(node: Node) -> Iterator[Problem]:
    if isinstance(node.spec, Placeholder):
        text = sentence(
            "{node} is the {kind} {spec}, which this version does not know{strange}.",
            node=node.name,
            kind=node.spec.kind,
            spec=f"{node.spec.id!r}",
            strange=_strange(node.spec),
        )
        mend = Mend(text=sentence("Delete {node}", node=node.name), edits=(RemoveNodes((node.id,)),))
        yield Problem(text=sentence("{what} A newer release may open it, or delete it.", what=text), node=node.id, mends=(mend,))
    else:
        for path, field, told, better in _bad_values(node.spec):
            mends = _set(field, better, SetField(node.id, path, better))
            yield Problem(text=joined((node.name, told), ": "), node=node.id, field=path, mends=mends)
    for option, field in NODE_OPTIONS.items():
        why = _refusal(field, option, getattr(node, option))
        if why is not None:
            better = _good(field, getattr(node, option), Node, option)
            mends = _set(field, better, SetNodeOption(node.id, option, better))
            yield Problem(text=joined((node.name, why), ": "), node=node.id, field=option, mends=mends)


def _plan(project: Project, which: str) -> Iterator[Problem]:
    plan: Any = getattr(project, which)
    for path, field, text, better in _bad_values(plan):
        yield Problem(text=text, field=f"{which}.{path}", mends=_set(field, better, SetPlan(which, path, better)))
    if which == "data" and plan.validation + plan.test > 0.95:
        text = sentence(
            "Validation and test may take 0.95 of the samples together; {validation} and {test} were given.",
            validation=f"{plan.validation:g}",
            test=f"{plan.test:g}",
        )
        mend = Mend(text=sentence("Set test to 0"), edits=(SetPlan("data", "test", 0.0),))
        yield Problem(text=text, field="data.test", mends=(mend,) if plan.validation <= 0.9 else ())


def _bad_values(spec: Any) -> Iterator[tuple[str, Field, str, Any]]:
    """(path, field, sentence, a good value) of every setting that is out of range, nested parts included."""
    for path, field, value in every_field(spec):
        *parts, name = path.split(".")
        why: str | None
        if isinstance(value, Placeholder):
            why = sentence(
                "{title} is {id}, which this version does not know{strange}. Choose another one.",
                title=field.title(path),
                id=f"{value.id!r}",
                strange=_strange(value),
            )
        else:
            why = _refusal(field, name, value)
        if why is not None:
            owner = functools.reduce(getattr, parts, spec)
            yield path, field, why, _good(field, value, type(owner)(), name)


def _strange(record: Placeholder) -> str:
    """What about a record of a known id is unknown: its version, or the names of some of its parts."""
    try:
        known = registry.find(record.kind, record.id)
    except UnknownKind:
        return ""
    data = json.loads(record.raw)
    odd = [*(data.keys() - RECORD_KEYS), *(data["fields"].keys() - fields_of(known).keys())]
    if data["version"] > known.version:
        return sentence(" in version {data}; it knows up to {version}", data=data["version"], version=known.version)
    return (
        sentence(
            " with {odd}; {fields_of} may be set",
            odd=", ".join(sorted(odd))[:80],
            fields_of=", ".join(fields_of(known)) or "nothing",
        )
        if odd
        else ""
    )


def _refusal(field: Field, name: str, value: Any) -> str | None:
    """Why a field refuses a value; None where it takes it."""
    try:
        field.check(name, value)
    except BadValue as error:
        return str(error)
    return None


def _good(field: Field, value: Any, usual: Any, name: str) -> Any:
    """What a bad value is set to: the nearest that is good, or where that cannot be told, what the setting starts as."""
    nearest = field.nearest(value)
    return getattr(usual, name) if nearest is None else nearest


def _set(field: Field, better: Any, edit: Edit) -> tuple[Mend, ...]:
    word = getattr(field, "off", "") if better == () else reference.shown(better, getattr(field, "between", "×"))
    return (Mend(text=sentence("Set to {better}", better=word), edits=(edit,)),)


class _Wires:
    """What the wires lack, with what is needed for every node found once."""

    def __init__(self, network: Network) -> None:
        self.feeds = targets(network)
        self.free = [node for node in network.nodes if gives_output(node.spec) and not self.feeds[node.id]]
        self.ending: dict[str, dict[int, list[Link]]] = {node.id: {} for node in network.nodes}
        for link in network.links:
            if link.target in self.ending:
                self.ending[link.target].setdefault(link.port, []).append(link)

    def problems(self, node: Node) -> Iterator[Problem]:
        by_port = self.ending[node.id]
        for port, links in sorted(by_port.items()):
            title = port_title(node.spec, port)
            if not takes_port(node.spec, port):
                text = sentence("{node} has no input {port}, yet a wire ends there.", node=node.name, port=port + 1)
                yield Problem(text=text, node=node.id, field=str(port), mends=(_cut(links, sentence("Delete the wire")),))
            elif len(links) > 1:
                text = sentence(
                    "{links_count} wires end at {title} of {node}, which takes one. Keep one.",
                    links_count=len(links),
                    title=sentence(title),
                    node=node.name,
                )
                yield Problem(text=text, node=node.id, field=title, mends=(_cut(links[:-1], sentence("Keep the last")),))
        names = port_names(node.spec)
        if variadic(node.spec) and by_port and sorted(by_port) != list(range(len(by_port))):
            text = sentence(
                "The wires of {node} leave an input empty. Wire it, or delete the wires and draw them again.", node=node.name
            )
            yield Problem(text=text, node=node.id, field=names[-1])
            return
        missing = [port for port in range(required_ports(node.spec)) if port not in by_port]
        wants = sentence("the output of a layer") if node.spec.kind == "loss" else sentence("data or a layer")
        for port in missing:
            title = port_title(node.spec, port)
            mends = remedies(self._only_free_output(node, port) if len(missing) == 1 else None)
            yield Problem(
                text=sentence(
                    "{node} has nothing at {title}. Wire {wants} to it.", node=node.name, title=sentence(title), wants=wants
                ),
                node=node.id,
                field=title,
                mends=mends,
            )

    def _only_free_output(self, node: Node, port: int) -> Mend | None:
        """The wire that must be meant: the one output that leads nowhere yet and does not come from this node."""
        if len(self.free) > 8:  # some of so many lie elsewhere, and looking behind every node of a large heap takes long
            return None
        behind = reached((node.id,), self.feeds)
        free = [other for other in self.free if other.id not in behind]
        if len(free) != 1:
            return None
        return Mend(
            text=sentence("Wire {free} to {node}", free=free[0].name, node=node.name), edits=(AddLink(free[0].id, node.id, port),)
        )


def _cut(links: Iterable[Link], text: str) -> Mend:
    return Mend(text=text, edits=(RemoveLinks(tuple(link.id for link in links)),))


def _loops(project: Project) -> Iterator[Problem]:
    names = {node.id: node.name for node in project.network.nodes}
    for walk in loops(project.network):
        listed = ", ".join(names[id] for id in walk[:6]) + (" …" if len(walk) > 6 else "")
        pairs = {(a, b) for a, b in zip(walk, (*walk[1:], walk[0]), strict=True)}
        closing = [link for link in project.network.links if (link.source, link.target) in pairs][-1:]
        text = sentence("{listed} form a loop. Data must flow one way: delete one of its wires.", listed=listed)
        yield Problem(text=text, node=walk[0], mends=(_cut(closing, sentence("Delete its newest wire")),))


def _idle(project: Project, part: set[str]) -> Iterator[Problem]:
    """A warning for every node that training leaves out."""
    for node in project.network.nodes:
        if node.id not in part:
            yield Problem(
                text=sentence("{node} does not lead to the loss and takes no part in training.", node=node.name),
                node=node.id,
                severity="warning",
            )
