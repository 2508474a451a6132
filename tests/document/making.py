"""Random projects and random edits, from the registry and a seeded generator, so that no test here names a layer."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable
from typing import Any

from playground.core import registry
from playground.core.cloud import Cloud
from playground.core.fields import Choice, Field, Flag, Part, Real, Reals, Size, Text, Whole, Wholes, fields_of
from playground.core.points import Points
from playground.core.spec import Spec
from playground.document import edits as e
from playground.document.plans import DataPlan, TrainingPlan
from playground.document.project import Link, Network, Placeholder, Project
from playground.document.settings import every_field
from playground.errors import BadValue

NODE_KINDS = ("dataset", "layer", "loss")
WORDS = (
    "",
    "a line",
    "two\nlines\tand a tab",
    "<b>bold</b> & 'quoted' \"words\"",
    "Ünïcödé 漢字 🙂",
    "x" * 300,
    "👩\u200d👧 and\u00a0می\u200cخواهم",
    "\u202eRTL",
)


def value_of(field: Field, rng: random.Random, wild: bool = False) -> Any:
    """A value that the field allows, or, when `wild`, one that a project may hold though it is out of range."""
    if isinstance(field, Real):
        low, high = max(field.low, -1e6), min(field.high, 1e6)
        return high * 2 + 1.5 if wild else rng.choice((low, high, rng.uniform(low, high), float(int(rng.uniform(low, high)))))
    if isinstance(field, Whole):
        return field.high + 1 if wild else rng.choice((field.low, field.high, rng.randint(field.low, field.high)))
    if isinstance(field, Choice):
        return "a word of tomorrow" if wild else rng.choice(list(field.options))
    if isinstance(field, Flag):
        return rng.random() < 0.5
    if isinstance(field, Size):
        return (field.high + 1, 1) if wild else (rng.randint(field.low, field.high), rng.randint(field.low, field.high))
    if isinstance(field, Wholes):
        return tuple(rng.randint(field.low, min(field.high, 10**6)) for _ in range(rng.randint(1, field.most)))
    if isinstance(field, Reals):
        low, high = max(field.low, -1e6), min(field.high, 1e6)
        return tuple(rng.uniform(low, high) for _ in range(rng.randint(field.least, field.most)))
    if isinstance(field, Cloud):
        return field.some(rng)
    if isinstance(field, Points):
        at = sorted(rng.sample(range(1001), rng.randint(field.least, field.most)))
        return tuple((x / 1000, rng.uniform(field.low, field.high)) for x in at)
    if isinstance(field, Text):
        return rng.choice([word for word in WORDS if word.isprintable() and len(word) <= field.most])
    if isinstance(field, Part):
        return spec_of(rng.choice(registry.entries(field.kind)), rng)
    raise AssertionError(f"no example for {field}")


def spec_of(cls: type[Spec], rng: random.Random) -> Spec:
    """A record with some settings changed."""
    return cls(**{name: value_of(field, rng) for name, field in fields_of(cls).items() if rng.random() < 0.5})


def stranger(rng: random.Random) -> Placeholder:
    """A record of a later release."""
    kind = rng.choice((*NODE_KINDS, "oracle"))
    fields = {"depth": rng.random(), "parts": [1, {"a": None, "ü": "🙂"}], "big": 10**20}
    record = {"kind": kind, "id": f"later_{rng.randint(0, 9)}", "version": 7, "fields": fields, "extra": True}
    return Placeholder(
        kind=kind, id=record["id"], raw=json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    )


def any_spec(rng: random.Random) -> Spec | Placeholder:
    if rng.random() < 0.08:
        return stranger(rng)
    kind = rng.choices(NODE_KINDS, (1, 8, 1))[0]
    return spec_of(rng.choice(registry.entries(kind)), rng)


def place(rng: random.Random) -> tuple[float, float]:
    return (round(rng.uniform(-2e3, 2e3), rng.choice((0, 1, 12))), float(rng.randint(-500, 500)))


def _fields(spec: Any) -> list[tuple[str, Field]]:
    return [] if isinstance(spec, Placeholder) else [(path, field) for path, field, _ in every_field(spec)]


def _set_field(project: Project, rng: random.Random) -> e.Edit:
    node = rng.choice(project.network.nodes)
    path, field = rng.choice(_fields(node.spec) or [("none", Flag(help=""))])
    return e.SetField(node.id, path, value_of(field, rng, wild=rng.random() < 0.1))


def _set_plan(project: Project, rng: random.Random) -> e.Edit:
    which = rng.choice(("data", "training"))
    path, field = rng.choice(_fields(getattr(project, which)))
    return e.SetPlan(which, path, value_of(field, rng, wild=rng.random() < 0.1))


def _insert(project: Project, rng: random.Random) -> e.Edit:
    new = e.AddNode(any_spec(rng), place(rng), id=f"{rng.getrandbits(128):032x}")
    node = new if rng.random() < 0.7 else rng.choice(project.network.nodes).id
    return e.InsertOnLink(rng.choice(project.network.links).id, node, _id(rng), _id(rng))


def _id(rng: random.Random) -> str:
    return f"{rng.getrandbits(128):032x}"


def _some(things: Any, rng: random.Random) -> tuple[str, ...]:
    return tuple(thing.id for thing in rng.sample(things, rng.randint(1, min(3, len(things)))))


def _paste(project: Project, rng: random.Random) -> e.Edit:
    chosen = e.fragment_of(project, _some((*project.network.nodes, *project.network.notes), rng))
    fresh = {node.id: _id(rng) for node in chosen.nodes}
    fragment = Network(
        nodes=tuple(dataclasses.replace(node, id=fresh[node.id]) for node in chosen.nodes),
        links=tuple(Link(id=_id(rng), source=fresh[a.source], target=fresh[a.target], port=a.port) for a in chosen.links),
        notes=tuple(dataclasses.replace(note, id=_id(rng)) for note in chosen.notes),
    )
    return e.Paste(fragment, place(rng))


def _options(project: Project, rng: random.Random) -> e.Edit:
    node = rng.choice(project.network.nodes).id
    option, value = rng.choice(
        (("frozen", True), ("frozen", False), ("rate_factor", rng.uniform(0, 1000)), ("rate_factor", 2e3), ("decay_factor", 0.5))
    )
    return e.SetNodeOption(node, option, value)


def _note(project: Project, rng: random.Random) -> e.Edit:
    note = rng.choice(project.network.notes).id
    return rng.choice(
        (e.SetNote(note, words=rng.choice(WORDS)), e.SetNote(note, position=place(rng)), e.SetNote(note, size=(50, 60)))
    )


def _node(p: Project, r: random.Random) -> str:
    return r.choice(p.network.nodes).id


def _group(project: Project, rng: random.Random) -> e.Edit:
    """Some edit of groups; the first group that there is, where it needs one."""
    nodes = _some(project.network.nodes, rng)
    rule = rng.choice(("", "dense*", "layer:conv2d", "first 3", "last 1", "no rule at all"))
    if not project.groups or rng.random() < 0.3:
        return e.AddGroup(rng.choice(("", "slow", "two\nlines")), rule, nodes, _id(rng))
    group = rng.choice(project.groups).id
    fields = (
        ("rate_factor", 0.5),
        ("decay_factor", 0.0),
        ("frozen", True),
        ("rule", rule),
        ("name", "head"),
        ("rate_factor", -1.0),
    )
    return rng.choice(
        (
            e.SetGroup(group, *rng.choice(fields)),
            e.PutInGroup(nodes, group),
            e.PutInGroup(nodes, ""),
            e.MoveGroup(group, 0),
            e.RemoveGroup(group),
        )
    )


Maker = Callable[[Project, random.Random], e.Edit]
MAKERS: dict[str, Maker] = {
    "add node": lambda p, r: e.AddNode(any_spec(r), place(r), id=_id(r)),
    "add link": lambda p, r: e.AddLink(_node(p, r), _node(p, r), r.choice((None, 0, 0, 1, 2)), _id(r)),
    "remove nodes": lambda p, r: e.RemoveNodes(_some(p.network.nodes, r)),
    "remove links": lambda p, r: e.RemoveLinks(_some(p.network.links, r)),
    "move": lambda p, r: e.MoveNodes({id: place(r) for id in _some((*p.network.nodes, *p.network.notes), r)}),
    "replace": lambda p, r: e.ReplaceSpec(_node(p, r), any_spec(r)),
    "set field": _set_field,
    "set option": _options,
    "group": _group,
    "rename": lambda p, r: e.RenameNode(_node(p, r), r.choice(("a", "b2", "dense1", "no name", "", "x" * 101))),
    "insert": _insert,
    "set plan": _set_plan,
    "part": lambda p, r: e.ReplacePlanPart("training", "optimizer", spec_of(r.choice(registry.entries("optimizer")), r)),
    "project": lambda p, r: e.SetProject(name=r.choice((None, "A name", "", "two\nlines")), about=r.choice((None, *WORDS))),
    "add note": lambda p, r: e.AddNote(r.choice(WORDS), place(r), id=_id(r), frame=r.random() < 0.3),
    "remove notes": lambda p, r: e.RemoveNotes(_some(p.network.notes, r)),
    "set note": _note,
    "paste": _paste,
    "several": lambda p, r: e.Several("Both", (e.AddNode(any_spec(r), place(r), id=_id(r)), _set_plan(p, r))),
}
_NEEDS = {"remove links": "links", "insert": "links", "remove notes": "notes", "set note": "notes"}
_FREE = {"add node", "set plan", "part", "project", "add note", "several"}


def an_edit(project: Project, what: str, rng: random.Random) -> e.Edit | None:
    """An edit of the named sort that may or may not fit; None where the project has nothing to try it on."""
    if what not in _FREE and not getattr(project.network, _NEEDS.get(what, "nodes")):
        return None
    return MAKERS[what](project, rng)


def tried(history: e.History, what: str, rng: random.Random) -> bool:
    """Whether an edit of this sort was done. What does not fit must be refused with a sentence and leave the project alone."""
    before = history.project
    edit = an_edit(before, what, rng)
    if edit is None:
        return False
    try:
        history.do(edit)
    except (e.EditError, BadValue) as error:
        assert history.project is before
        assert 10 < len(str(error)) < 300, str(error)
        assert str(error).endswith("."), str(error)
        return False
    return True


def a_project(seed: int, steps: int = 40) -> Project:
    """A project with everything in it, out-of-range values and records, keys and members of a later release included."""
    rng = random.Random(seed)
    history = e.History(Project(data=spec_of(DataPlan, rng), training=spec_of(TrainingPlan, rng)))  # type: ignore[arg-type]
    names = [*MAKERS, *["add node", "add link"] * 6]
    for _ in range(steps):
        tried(history, rng.choice(names), rng)
    project = history.project
    unknown = []
    if rng.random() < 0.5:
        unknown += [('["mood"]', '{"of":["the",{"day":1.5}]}'), ('["network","layers/of paint"]', "3")]
        unknown += [('["training","fields","momentum_of_history"]', '"large"'), ("member:extra/thoughts.bin", "AAEC/w==")]
        unknown += [(f'["network","nodes","{node.id}","colour"]', '"mauve"') for node in project.network.nodes[:2]]
    return dataclasses.replace(project, unknown=tuple(sorted(unknown)))
