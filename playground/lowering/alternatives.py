"""Further remedies where a layer cannot take its inputs: other layers between, another merge, another setting of what feeds it.

Each is tried on the shapes that are there before it is offered, and says what comes of it.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from playground.core.fields import fields_of
from playground.core.spec import Layer, Spec
from playground.core.tensor import TensorType
from playground.document.edits import AddNode, InsertOnLink, ReplaceSpec, SetField
from playground.document.problems import Mend, remedies
from playground.document.project import Link, Node
from playground.lowering.facts import facts, in_range
from playground.lowering.flow import Flow
from playground.lowering.mends import insertion, made, set_field, shape_mend
from playground.words import sentence

#: Layers without settings to choose that bring an input into another form.
BETWEEN = ("flatten", "global_average_pool", "global_max_pool")
#: What says how wide a layer's output is.
WIDTHS = ("units", "filters")


def shape_mends(flow: Flow, node: Node, links: list[Link], word: str) -> tuple[Mend, ...]:
    """What the layer's ShapeError names, then others that may do it too, each with what comes of it."""
    found: list[Mend] = []
    for mend in (*remedies(shape_mend(flow, node, links, word)), *_others(flow, node, links)):
        if all(mend.text != known.text for known in found):
            found.append(mend if mend.note else dataclasses.replace(mend, note=_note(flow, links, mend)))
    return tuple(found)


def _others(flow: Flow, node: Node, links: list[Link]) -> Iterator[Mend]:
    types = {link.id: type for link in links if (type := flow.type_of(link)) is not None}
    if len(types) != len(links) or not isinstance(node.spec, Layer):
        return
    if len(links) == 2 and node.spec.group == "Merge":
        widths = list(_widths(flow, node, links, types))
        yield from (*widths[:1], *_concat(node, links, types), *widths[1:])
    yield from _between(flow, node, links, types)


def _widths(flow: Flow, node: Node, links: list[Link], types: dict[str, TensorType]) -> Iterator[Mend]:
    """What feeds one input as wide as the other."""
    for link, other in (links, links[::-1]):
        giver = flow.nodes[link.source]
        goal, taken = types[other.id], flow.inputs(giver)
        field = next((name for name in WIDTHS if name in fields_of(giver.spec)), "") if isinstance(giver.spec, Layer) else ""
        if not field or taken is None or not isinstance(giver.spec, Layer) or not goal.rank:
            continue
        changed = dataclasses.replace(giver.spec, **{field: goal.shape[-1]})  # type: ignore[type-var]
        if in_range(changed) and (found := facts(changed, taken).type) is not None:
            inputs = tuple(found if one is link else types[one.id] for one in links)
            if isinstance(node.spec, Layer) and facts(node.spec, inputs).type is not None:
                yield dataclasses.replace(
                    set_field(giver, field, goal.shape[-1]), note=sentence("Both are {form} then", form=found)
                )


def _concat(node: Node, links: list[Link], types: dict[str, TensorType]) -> Iterator[Mend]:
    """Side by side instead of one by one."""
    spec = made("layer", "concat")
    if isinstance(spec, Layer) and node.spec.id != spec.id:
        found = facts(spec, tuple(types[link.id] for link in links)).type
        if found is not None:
            yield Mend(
                text=sentence("Join with Concat instead"),
                edits=(ReplaceSpec(node.id, spec),),
                note=sentence("Gives {form}", form=found),
            )


def _between(flow: Flow, node: Node, links: list[Link], types: dict[str, TensorType]) -> Iterator[Mend]:
    """A layer on a wire that makes its input one that fits beside the others."""
    inputs = flow.inputs(node)
    for link, id in itertools.product(links, BETWEEN):
        spec = made("layer", id)
        found = facts(spec, (types[link.id],)).type if isinstance(spec, Layer) else None
        if found is None or inputs is None or not isinstance(node.spec, Layer):
            continue
        tried = tuple(found if port == link.port else type for port, type in enumerate(inputs))
        if facts(node.spec, tried).type is not None:
            yield Mend(
                text=sentence("Insert {spec} before {node}", spec=sentence(spec.title), node=node.name),
                edits=(insertion(flow, link, spec),),
            )


def _note(flow: Flow, links: list[Link], mend: Mend) -> str:
    """What the inserted layer gives, and with how many weights; "" for another kind of remedy."""
    inserted = [edit for edit in mend.edits if isinstance(edit, InsertOnLink) and isinstance(edit.node, AddNode)]
    if len(inserted) != 1 or any(isinstance(edit, SetField) for edit in mend.edits):
        return ""
    (edit,) = inserted
    type = next((flow.type_of(link) for link in links if link.id == edit.link), None)
    spec: Spec | None = edit.node.spec if isinstance(edit.node, AddNode) and isinstance(edit.node.spec, Spec) else None
    found = facts(spec, (type,)) if isinstance(spec, Layer) and type is not None else None
    if found is None or found.type is None:
        return ""
    if found.parameters:
        return sentence("Gives {form}, with {count} parameters", form=found.type, count=f"{found.parameters:,}")
    return sentence("Gives {form}, with nothing to learn", form=found.type)
