"""The outer shape of project.json, checked with every fault at once; what the records hold is checked against the catalogue.

Unknown keys are allowed everywhere: a newer release of the same format may add them, and they survive a round trip.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from playground.document.blocks import MOST_BLOCKS, MOST_HELP
from playground.document.blocks import MOST_NAME as MOST_BLOCK_NAME
from playground.document.edits.hides import MOST_HIDDEN, MOST_WORD
from playground.document.edits.notes import MOST_NOTE, SIZES
from playground.document.edits.plans import MOST_ABOUT, MOST_NAME
from playground.document.groups import MOST_GROUPS, MOST_RULE
from playground.document.groups import MOST_NAME as MOST_GROUP_NAME
from playground.document.integrity import MOST_LINKS, MOST_NODES, MOST_NOTES
from playground.document.showing import shown
from playground.words import sentence

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$")]
Place = Annotated[list[Annotated[float, Field(ge=-1e6, le=1e6)]], Field(min_length=2, max_length=2)]
Extent = Annotated[list[Annotated[float, Field(ge=SIZES[0], le=SIZES[1])]], Field(min_length=2, max_length=2)]
Factor = Annotated[float, Field(ge=0, le=1000)]
Hidden = Annotated[str, Field(min_length=1, max_length=MOST_WORD)]
Count = Annotated[int, Field(ge=0, le=10**6)]


class Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class Record(Shape):
    kind: Word
    id: Word
    version: Annotated[int, Field(ge=1, le=10**6)]
    fields: dict[str, Any]


class NodeShape(Shape):
    id: Id
    name: Annotated[str, Field(min_length=1, max_length=100)]
    spec: Record
    position: Place
    frozen: bool
    rate_factor: float
    decay_factor: float = 1.0
    shares: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
    transposed: bool = False


class LinkShape(Shape):
    id: Id
    source: Id
    target: Id
    port: Count
    output: Count = 0


class NoteShape(Shape):
    id: Id
    text: Annotated[str, Field(max_length=MOST_NOTE)]
    position: Place
    size: Extent
    frame: bool = False


class GroupShape(Shape):
    id: Id
    name: Annotated[str, Field(min_length=1, max_length=MOST_GROUP_NAME)]
    rule: Annotated[str, Field(max_length=MOST_RULE)]
    nodes: Annotated[list[Id], Field(max_length=MOST_NODES)]
    rate_factor: Factor
    decay_factor: Factor
    frozen: bool


class NetworkShape(Shape):
    nodes: Annotated[list[NodeShape], Field(max_length=MOST_NODES)]
    links: Annotated[list[LinkShape], Field(max_length=MOST_LINKS)]
    notes: Annotated[list[NoteShape], Field(max_length=MOST_NOTES)]


class BlockShape(Shape):
    id: Id
    name: Annotated[str, Field(min_length=1, max_length=MOST_BLOCK_NAME)]
    help: Annotated[str, Field(max_length=MOST_HELP)] = ""
    network: NetworkShape


class BlockFileShape(Shape):
    format: str
    version: int
    block: Id
    blocks: Annotated[list[BlockShape], Field(max_length=MOST_BLOCKS)]


class FragmentShape(NetworkShape):
    blocks: Annotated[list[BlockShape], Field(max_length=MOST_BLOCKS)] = []


class HidesShape(Shape):
    panels: Annotated[list[Hidden], Field(max_length=MOST_HIDDEN)] = []
    groups: Annotated[list[Hidden], Field(max_length=MOST_HIDDEN)] = []


class ProjectShape(Shape):
    format: str
    version: int
    name: Annotated[str, Field(min_length=1, max_length=MOST_NAME)]
    about: Annotated[str, Field(max_length=MOST_ABOUT)]
    network: NetworkShape
    data: Record
    training: Record
    groups: Annotated[list[GroupShape], Field(max_length=MOST_GROUPS)] = []
    blocks: Annotated[list[BlockShape], Field(max_length=MOST_BLOCKS)] = []
    hides: HidesShape = HidesShape()


class StepShape(Shape):
    """A step of undo (`undo_steps`). What stands in its part is checked as that of a project."""

    text: str | dict[str, Any]
    part: dict[str, Any]
    gone: dict[Literal["nodes", "links", "notes", "blocks"], list[Id]]
    at: dict[Literal["nodes", "links", "notes", "blocks"], dict[Id, Count]]


class HistoryShape(Shape):
    version: int
    project_version: int
    done: list[StepShape]
    undone: list[StepShape]


_WORD = "a word of letters, digits, _ . and -, at most 100"
_ID = "a word of 1 to 64 letters, digits, _ and -"
_PLACE = "two numbers in -1,000,000 to 1,000,000"
_RECORD = "a record: an object with kind, id, version and fields"
#: What stands at a place, with [] for any number of a list; the longest beginning of a place that is listed counts.
EXPECTED: dict[str, str] = {
    "": "an object with format, version, name, about, network, data and training",
    "/name": sentence("a text of 1 to {most_name} characters", most_name=MOST_NAME),
    "/about": sentence("a text of at most {most_about} characters", most_about=f"{MOST_ABOUT:,}"),
    "/network": "an object with nodes, links and notes",
    "/data": _RECORD,
    "/training": _RECORD,
    "/network/nodes": sentence("a list of at most {most_nodes} nodes", most_nodes=f"{MOST_NODES:,}"),
    "/network/nodes/[]": "an object with id, name, spec, position, frozen and rate_factor",
    "/network/nodes/[]/id": _ID,
    "/network/nodes/[]/name": "a text of 1 to 100 characters",
    "/network/nodes/[]/spec": _RECORD,
    "/network/nodes/[]/position": _PLACE,
    "/network/nodes/[]/frozen": "true or false",
    "/network/nodes/[]/rate_factor": "a number in 0 to 1000",
    "/network/nodes/[]/decay_factor": "a number in 0 to 1000",
    "/hides": "an object with panels and groups",
    "/hides/panels": sentence("a list of at most {most_hidden} names", most_hidden=MOST_HIDDEN),
    "/hides/panels/[]": sentence("a name of 1 to {most_word} characters", most_word=MOST_WORD),
    "/hides/groups": sentence("a list of at most {most_hidden} names", most_hidden=MOST_HIDDEN),
    "/hides/groups/[]": sentence("a name of 1 to {most_word} characters", most_word=MOST_WORD),
    "/groups": sentence("a list of at most {most_groups} groups", most_groups=MOST_GROUPS),
    "/groups/[]": "an object with id, name, rule, nodes, rate_factor, decay_factor and frozen",
    "/groups/[]/id": _ID,
    "/groups/[]/name": sentence("a text of 1 to {most_group_name} characters", most_group_name=MOST_GROUP_NAME),
    "/groups/[]/rule": sentence("a text of at most {most_rule} characters", most_rule=MOST_RULE),
    "/groups/[]/nodes": sentence("a list of at most {most_nodes} ids of nodes", most_nodes=f"{MOST_NODES:,}"),
    "/groups/[]/nodes/[]": _ID,
    "/groups/[]/rate_factor": "a number in 0 to 1000",
    "/groups/[]/decay_factor": "a number in 0 to 1000",
    "/groups/[]/frozen": "true or false",
    "/blocks": sentence("a list of at most {most_blocks} blocks", most_blocks=MOST_BLOCKS),
    "/blocks/[]": "an object with id, name, help and network",
    "/blocks/[]/id": _ID,
    "/blocks/[]/name": sentence("a text of 1 to {most_block_name} characters", most_block_name=MOST_BLOCK_NAME),
    "/blocks/[]/help": sentence("a text of at most {most_help} characters", most_help=f"{MOST_HELP:,}"),
    "/network/links": sentence("a list of at most {most_links} links", most_links=f"{MOST_LINKS:,}"),
    "/network/links/[]": "an object with id, source, target and port",
    "/network/nodes/[]/shares": "the id of a node, or an empty text",
    "/network/nodes/[]/transposed": "true or false",
    "/network/links/[]/port": "a whole number in 0 to 1,000,000",
    "/network/links/[]/output": "a whole number in 0 to 1,000,000",
    **{f"/network/links/[]/{key}": _ID for key in ("id", "source", "target")},
    "/network/notes": sentence("a list of at most {most_notes} notes", most_notes=f"{MOST_NOTES:,}"),
    "/network/notes/[]": "an object with id, text, position and size",
    "/network/notes/[]/id": _ID,
    "/network/notes/[]/text": sentence("a text of at most {most_note} characters", most_note=f"{MOST_NOTE:,}"),
    "/network/notes/[]/position": _PLACE,
    "/network/notes/[]/frame": "true or false",
    "/network/notes/[]/size": sentence("two numbers in {sizes} to {sizes2}", sizes=f"{SIZES[0]:g}", sizes2=f"{SIZES[1]:,.0f}"),
}
#: The same inside a record, wherever it stands.
IN_RECORD = {"kind": _WORD, "id": _WORD, "version": sentence("a whole number in 1 to 1,000,000"), "fields": sentence("an object")}


def shape_faults(data: Any, model: type[Shape] = ProjectShape, at: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """(place, sentence with what was expected and what was found) of everything that has the wrong shape.

    at: where in a project the data stand, for a part of one such as a pasted network.
    """
    try:
        model.model_validate(data)
    except ValidationError as error:
        return [_fault(one, at) for one in error.errors(include_url=False)]
    return []


def _fault(error: Any, at: tuple[str, ...]) -> tuple[str, str]:
    place = (*at, *(part for part in error["loc"] if part != "[key]"))
    path = "".join(f"/{str(part)[:60]}" for part in place)
    found = (
        sentence("it is missing") if error["type"] == "missing" else sentence("{shown} was found", shown=shown(error["input"]))
    )
    return path, sentence("{path} must be {expected}; {found}.", path=path or "/", expected=_expected(place), found=found)


def _expected(place: tuple[Any, ...]) -> str:
    words = ["[]" if isinstance(part, int) or str(part).isdigit() else str(part) for part in place]
    if words[:1] == ["blocks"] and words[2:3] == ["network"]:
        words = words[2:]  # the network of a block has the shape of the project's own
    in_record = not {"nodes", "links", "notes", "groups", "blocks"} & set(words) or "spec" in words
    if in_record and len(words) > 1 and words[-1] in IN_RECORD:
        return IN_RECORD[words[-1]]
    if in_record and "fields" in words:
        return _RECORD
    while "".join(f"/{word}" for word in words) not in EXPECTED:
        words.pop()
    return EXPECTED["".join(f"/{word}" for word in words)]
