"""A project as the JSON of project.json and back. Keys that this version does not know are kept in `Project.unknown`."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from playground.core.fields import fields_of
from playground.core.spec import Spec
from playground.document import strict_json
from playground.document.blocks import with_ports
from playground.document.groups import Group, check_rule
from playground.document.integrity import integrity_faults
from playground.document.migrations import VERSION, migrated
from playground.document.names import bad_character
from playground.document.plans import DataPlan, TrainingPlan
from playground.document.project import Block, Hides, Link, Network, Node, Note, Project
from playground.document.records import Findings, dump_record, load_fields, load_record
from playground.document.settings import RECORD_KEYS
from playground.document.showing import shown
from playground.errors import BadValue
from playground.words import joined, sentence

FORMAT = "playground project"
NODE_KEYS = ("id", "name", "spec", "position", "frozen", "rate_factor", "decay_factor", "shares", "transposed")
LINK_KEYS = ("id", "source", "target", "port", "output")
NOTE_KEYS = ("id", "text", "position", "size", "frame")
NETWORK_KEYS = ("nodes", "links", "notes")
PROJECT_KEYS = ("format", "version", "name", "about", "network", "data", "training", "groups", "blocks", "hides")
HIDES_KEYS = ("panels", "groups")
BLOCK_KEYS = ("id", "name", "help", "network")
GROUP_KEYS = ("id", "name", "rule", "nodes", "rate_factor", "decay_factor", "frozen")
PLANS: dict[str, type[Spec]] = {"data": DataPlan, "training": TrainingPlan}
#: Entries of `Project.unknown` that are members of the zip, not keys of this JSON, begin so.
MEMBER = "member:"


def to_json(project: Project) -> dict[str, Any]:
    """Strict JSON. Raises BadValue for what it cannot hold."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "name": project.name,
        "about": project.about,
        "network": network_to_json(project.network),
        "data": dump_record(project.data),
        "training": dump_record(project.training),
        "groups": [_group_to_json(group) for group in project.groups],
        "blocks": [block_to_json(block) for block in project.blocks],
    }
    if project.hides != Hides():  # a key that most projects do without
        data["hides"] = {key: list(getattr(project.hides, key)) for key in HIDES_KEYS}
    for place, raw in project.unknown:
        if not place.startswith(MEMBER):
            _put(data, strict_json.decode(place), strict_json.decode(raw))
    return data


def network_to_json(network: Network) -> dict[str, Any]:
    """Nodes, wires and notes, in their order."""
    return {
        "nodes": [
            {
                "id": node.id,
                "name": node.name,
                "spec": dump_record(node.spec),
                "position": _floats(node.position),
                "frozen": node.frozen,
                "rate_factor": float(node.rate_factor),
                "decay_factor": float(node.decay_factor),
                "shares": node.shares,
                "transposed": node.transposed,
            }
            for node in network.nodes
        ],
        "links": [{key: getattr(link, key) for key in LINK_KEYS} for link in network.links],
        "notes": [
            {
                "id": note.id,
                "text": note.text,
                "position": _floats(note.position),
                "size": _floats(note.size),
                "frame": note.frame,
            }
            for note in network.notes
        ],
    }


def from_json(data: Any) -> tuple[Project | None, Findings]:
    """The project, or None where there are faults. Raises FileError for a newer version, BadValue for no project at all."""
    project, found = parts_from_json(data)
    if project is not None:
        project = checked_whole(project, found)
    return (None if found.faults else project), found


def parts_from_json(data: Any) -> tuple[Project | None, Findings]:
    """As `from_json`, of which every part is checked by itself, but not yet whether they fit together."""
    from playground.document.schema import shape_faults  # as in `records.load_record`

    found = Findings()
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        was = (
            sentence("it is missing")
            if isinstance(data, dict) and "format" not in data
            else sentence("{shown} was found", shown=shown(_format(data)))
        )
        raise BadValue(sentence("/format must be {format}; {was}.", format=f"{FORMAT!r}", was=was))
    data = migrated(data)
    found.faults += shape_faults(data)
    if found.faults:
        return None, found
    network = network_from_json(data["network"], "/network", found)
    groups = tuple(_group(raw, at, found) for at, raw in enumerate(data.get("groups", [])))
    blocks = tuple(block_from_json(raw, f"/blocks/{at}", found) for at, raw in enumerate(data.get("blocks", [])))
    plans = {which: _plan(data[which], which, found) for which in PLANS}
    if found.faults:
        return None, found
    unknown = tuple(sorted((_text(place), _text(value)) for place, value in _unknown(data)))
    words = {key: data[key] for key in ("name", "about")}
    hides = Hides(**{key: tuple(sorted(set(data.get("hides", {}).get(key, ())))) for key in HIDES_KEYS})
    return Project(**words, network=network, groups=groups, blocks=blocks, hides=hides, unknown=unknown, **plans), found


def checked_whole(project: Project, found: Findings) -> Project:
    """The project with the ports of its blocks; what does not fit together is added to `found`."""
    project = with_ports(project)
    _check_words(project, found)
    found.faults += [(place, joined((place, fault), ": ")) for place, fault in integrity_faults(project)]
    return project


def network_from_json(data: Any, place: str, found: Findings) -> Network:
    """Nodes, wires and notes of JSON whose shape was checked; faults are added to `found`."""
    nodes = []
    for at, raw in enumerate(data["nodes"]):
        spec = load_record(raw["spec"], f"{place}/nodes/{at}/spec", found)
        factors = {key: raw.get(key, 1.0) for key in ("rate_factor", "decay_factor")}
        for key, factor in factors.items():
            if not math.isfinite(factor) or abs(factor) > 1e300:
                found.fault(
                    f"{place}/nodes/{at}/{key}",
                    sentence("it must be a number in 0 to 1000; {factor} was found.", factor=f"{factor!r}"),
                )
        if spec is not None:
            fixed = {"position": _pair(raw["position"]), "frozen": raw["frozen"], **{k: float(v) for k, v in factors.items()}}
            shared = {"shares": raw.get("shares", ""), "transposed": raw.get("transposed", False)}
            nodes.append(Node(id=raw["id"], name=raw["name"], spec=spec, **fixed, **shared))
    links = tuple(Link(**{key: raw[key] for key in LINK_KEYS if key in raw}) for raw in data["links"])
    notes = tuple(
        Note(
            id=raw["id"],
            text=raw["text"],
            position=_pair(raw["position"]),
            size=_pair(raw["size"]),
            frame=raw.get("frame", False),
        )
        for raw in data["notes"]
    )
    return Network(nodes=tuple(nodes), links=links, notes=notes)


def block_to_json(block: Block) -> dict[str, Any]:
    """A definition as strict JSON."""
    return {"id": block.id, "name": block.name, "help": block.help, "network": network_to_json(block.network)}


def block_from_json(data: Any, place: str, found: Findings) -> Block:
    """A definition of JSON whose shape was checked; its uses get their ports from `blocks.with_ports`."""
    network = network_from_json(data["network"], f"{place}/network", found)
    found.check_notes(network.notes, f"{place}/network")
    found.check_text(f"{place}/help", data.get("help", ""))
    return Block(id=data["id"], name=data["name"], help=data.get("help", ""), network=network)


def _group_to_json(group: Group) -> dict[str, Any]:
    factors = {"rate_factor": float(group.rate_factor), "decay_factor": float(group.decay_factor), "frozen": group.frozen}
    return {"id": group.id, "name": group.name, "rule": group.rule, "nodes": list(group.nodes), **factors}


def _group(raw: Any, at: int, found: Findings) -> Group:
    """A group of JSON whose shape was checked."""
    if not raw["name"].strip() or bad_character(raw["name"]) is not None:
        found.fault(
            f"/groups/{at}/name",
            sentence("it must be a line of printable characters; {raw} was found.", raw=f"{raw['name'][:60]!a}"),
        )
    rule = raw["rule"]
    try:
        rule = check_rule(rule)
    except BadValue as error:
        found.fault(f"/groups/{at}/rule", str(error))
    factors = {key: float(raw[key]) for key in ("rate_factor", "decay_factor")}
    return Group(id=raw["id"], name=raw["name"], rule=rule, nodes=tuple(raw["nodes"]), frozen=raw["frozen"], **factors)


def _format(data: Any) -> Any:
    return data["format"] if isinstance(data, dict) else data


def _plan(data: Any, which: str, found: Findings) -> Any:
    cls = PLANS[which]
    if (data["kind"], data["id"]) != (cls.kind, cls.id):
        found.fault(
            f"/{which}/id",
            sentence(
                "it must be the {kind} {cls}; {data} {data2} was found.",
                kind=cls.kind,
                cls=f"{cls.id!r}",
                data=f"{data['kind']!r:.60}",
                data2=f"{data['id']!r:.60}",
            ),
        )
    elif data["version"] > cls.version:
        found.fault(
            f"/{which}/version",
            sentence(
                "it must be at most {version}; {data} was found. A newer release opens it.",
                version=cls.version,
                data=data["version"],
            ),
        )
    else:
        known = {name: value for name, value in data["fields"].items() if name in fields_of(cls)}
        if data["version"] == cls.version:
            return load_fields(cls, known, f"/{which}/fields", found)
        return load_record({key: data[key] for key in RECORD_KEYS}, f"/{which}", found, cls.kind)
    return None


def _check_words(project: Project, found: Findings) -> None:
    if not project.name.strip() or bad_character(project.name) is not None:
        found.fault(
            "/name", sentence("it must be a line of printable characters; {project} was found.", project=f"{project.name[:60]!a}")
        )
    found.check_text("/about", project.about)
    found.check_notes(project.network.notes)


def _unknown(data: Any) -> list[tuple[list[str], Any]]:
    """(place, value) of every key that this version does not know. Records of a list stand under their id, not their number."""
    left = _left(data, PROJECT_KEYS) + _left_of_network(data["network"], "network")
    for raw in data.get("blocks", []):
        left += _left(raw, BLOCK_KEYS, "blocks", raw["id"]) + _left_of_network(raw["network"], "blocks", raw["id"], "network")
    for raw in data.get("groups", []):
        left += _left(raw, GROUP_KEYS, "groups", raw["id"])
    left += _left(data.get("hides", {}), HIDES_KEYS, "hides")
    for which, cls in PLANS.items():
        left += _left(data[which], RECORD_KEYS, which)
        left += _left(data[which]["fields"], fields_of(cls).keys(), which, "fields")
    return left


def _left_of_network(network: Any, *place: str) -> list[tuple[list[str], Any]]:
    left = _left(network, NETWORK_KEYS, *place)
    for kind, keys in (("nodes", NODE_KEYS), ("links", LINK_KEYS), ("notes", NOTE_KEYS)):
        for raw in network[kind]:
            left += _left(raw, keys, *place, kind, raw["id"])
    return left


def _left(data: Any, known: Collection[str], *place: str) -> list[tuple[list[str], Any]]:
    return [([*place, key], value) for key, value in data.items() if key not in known]


def _text(value: Any) -> str:
    return strict_json.encode(value).decode()


def _put(data: Any, place: list[str], value: Any) -> None:
    """Write an unknown key back, unless what it belonged to is gone."""
    owner = data
    for key in place[:-1]:
        if isinstance(owner, list):
            owner = next((item for item in owner if item["id"] == key), None)
        else:
            owner = owner.get(key)
        if owner is None:
            return
    owner[place[-1]] = value


def _floats(pair: tuple[float, float]) -> list[float]:
    return [float(pair[0]), float(pair[1])]


def _pair(values: list[float]) -> tuple[float, float]:
    return (float(values[0]), float(values[1]))
