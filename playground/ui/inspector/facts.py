"""What the inspector says about a node besides its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.core.samples import Samples
from playground.document.project import Node
from playground.lowering.receptive import Reach, receptive_fields
from playground.words import named, say, strung

if TYPE_CHECKING:
    from playground.ui.session import Session


def node_facts(session: Session, node: Node) -> list[tuple[str, str]]:
    """Rows of the head, as far as they are known."""
    if node.spec.kind == "dataset":
        return sample_facts(session.samples, session.samples_error)
    inspection = session.seen
    incoming = session.view.network.into(node.id)
    known = [str(type) for link in incoming if (type := inspection.type_of(link)) is not None]
    facts = []
    out = inspection.types.get(node.id)
    if node.spec.kind == "loss":
        facts.append((say("In"), strung(known) or say("not wired")))
    else:
        facts.append((say("In → out"), f"{' + '.join(known) or '?'} → {out if out is not None else '?'}"))
    if node.id in inspection.parameters and node.spec.kind == "layer":
        count = inspection.parameters[node.id]
        own = named(inspection.formulas.get(node.id, "")) or (f"{count:,}" if count else say("none"))
        shares = "" if node.id in inspection.idle_ties else node.shares
        giver = next((other.name for other in session.view.network.nodes if other.id == shares), "")
        facts.append(
            (
                say("Parameters"),
                say("{own}, the others shared with {giver}", own=own, giver=giver)
                if giver and count
                else say("shared with {giver}", giver=giver)
                if giver
                else own,
            )
        )
    reach = receptive_fields(session.view.network, inspection.types).get(node.id) if node.spec.kind == "layer" else None
    if reach is not None and max(reach.extents) > 1:
        facts.append((say("Receptive field"), reach_words(reach)))
    if inspection.flops.get(node.id):
        facts.append((say("Arithmetic"), say("{count_text} multiply-adds", count_text=amount(inspection.flops[node.id] / 2))))
    return facts


def reach_words(reach: Reach) -> str:
    """The receptive field as a person reads it: "7×7 of 28×28 pixels", "all 8×8 pixels", "9 of 50 steps"."""
    there, unit = "×".join(map(str, reach.of)), say("pixels") if len(reach.of) == 2 else say("steps")
    if reach.whole:
        return say("all {there} {unit}", there=there, unit=unit)
    seen = "×".join(str(min(pair)) for pair in zip(reach.extents, reach.of, strict=True))
    return say("{seen} of {there} {unit}", seen=seen, there=there, unit=unit)


def sample_facts(samples: Samples | None, error: str) -> list[tuple[str, str]]:
    """Rows about the data source."""
    if samples is None:
        return [] if error else [(say("Samples"), say("reading"))]  # the problem stands below
    rows = [(say("Samples"), f"{samples.count:,}"), (say("Each"), "×".join(map(str, samples.shape)) or "1")]
    if samples.task == "classification":
        rows.append((say("Target"), say("{classes} classes", classes=samples.classes)))
    elif len(samples.target_shape) > 1:
        rows.append((say("Target"), say("{value} values", value="×".join(map(str, samples.target_shape)))))
    else:
        rows.append(
            (
                say("Target"),
                strung(samples.target_names[:3])
                or say("{value} values", value=samples.target_shape[0] if samples.target_shape else 1),
            )
        )
    return rows


def amount(number: float) -> str:
    """A large count in a few characters: 174 k."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= limit:
            return f"{number / {'G': 1e9, 'M': 1e6, 'k': 1e3}[letter]:.3g} {letter}"
    return f"{number:,.0f}"
