"""Networks wired at random with random settings, wrong ones included: nothing raises, and what has no errors can be lowered."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest

from playground.core import registry
from playground.core.fields import Field, Whole, fields_of
from playground.document.edits import AddLink, AddNode, EditError
from playground.document.problems import Problem
from playground.document.project import Link, Project, new_id
from playground.lowering import Inspection, Refused, fits, inspect, lower
from tests.lowering.projects import images, values

SAMPLES = [
    None,
    images(),
    images(3, (1, 1, 2)),
    images(2, (5,)),
    images(2, (6, 3)),
    values(),
    values(3, 7),
    values(2, binary=True),
]


def drawn(rng: random.Random, field: Field) -> Any:
    """A setting that is mostly good."""
    if rng.random() < 0.02:
        return rng.choice([value for value in field.wrong() if not isinstance(value, object.__class__)])
    if isinstance(field, Whole) and rng.random() < 0.1:
        return rng.choice([field.low, min(field.high, 10**6)])
    return field.some(rng)


def shipped(kind: str) -> list[type]:
    """What comes with the program, whatever other tests have declared in this process."""
    return [record for record in registry.entries(kind) if record.__module__.startswith("playground.")]


def spec(rng: random.Random, kind: str):
    record = rng.choice(shipped(kind))
    return record(
        **{name: drawn(rng, field) for name, field in fields_of(record).items() if rng.random() < 0.6 and kind != "dataset"}
    )


def network(rng: random.Random) -> Project:
    """Mostly a chain with branches; sometimes with stray wires that no edit would draw."""
    project = Project()
    kinds = ["dataset"] * (rng.random() < 0.95) + ["layer"] * rng.randint(0, 14) + ["loss"] * (rng.random() < 0.95)
    for kind in kinds + [rng.choice(["dataset", "loss"])] * (rng.random() < 0.05):
        try:
            project = AddNode(spec(rng, kind)).apply(project)
        except ValueError:  # a setting of a wrong type, which no project can hold
            project = AddNode(rng.choice(shipped(kind))()).apply(project)
    ids = [node.id for node in project.network.nodes]
    for at in range(1, len(ids)):
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            source = ids[at - 1] if rng.random() < 0.7 else rng.choice(ids)
            try:
                project = AddLink(source, ids[at]).apply(project)
            except EditError:
                continue
    if ids and rng.random() < 0.1:
        stray = Link(id=new_id(), source=rng.choice(ids), target=rng.choice(ids), port=rng.randint(0, 3))
        project = dataclasses.replace(
            project, network=dataclasses.replace(project.network, links=(*project.network.links, stray))
        )
    return project


def check(project: Project, samples) -> Inspection:
    found = inspect(project, samples)
    ids = {node.id for node in project.network.nodes} | {""}
    for problem in found.problems:
        assert problem.node in ids
        assert problem.text.endswith((".", "…"))
        assert problem.severity in ("error", "warning")
    if samples is not None and not found.errors:
        lowered = lower(project, samples)
        assert sum(lowered.graph.values[p.value].type.count for p in lowered.graph.parameters) <= found.total_parameters
    elif samples is not None:
        with pytest.raises(Refused):
            lower(project, samples)
    return found


def after(project: Project, problem: Problem) -> Project | None:
    """The project after a mend; None where it was drawn so wrongly that no edit fits."""
    try:
        for edit in problem.mend.edits:
            project = edit.apply(project)
    except EditError:
        return None
    return project


def attempt(seed: int) -> bool:
    """One random network: inspected, its mends applied one by one, every wire tried. Gives whether it ended trainable."""
    rng = random.Random(seed)
    project, samples = network(rng), rng.choice(SAMPLES)
    found = check(project, samples)
    nodes = [node.id for node in project.network.nodes]
    for source in nodes:
        fits(project, samples, source, rng.choice(nodes), rng.randint(0, 3))
    for _ in range(12):
        mends = [p for p in found.errors if p.mend]
        if not mends:
            break
        changed = after(project, mends[0])
        if changed is None:
            break
        found = check(changed, samples)
        assert (mends[0].node, mends[0].text) not in [(p.node, p.text) for p in found.errors], mends[0]
        project = changed
    return samples is not None and not found.errors


def test_a_hundred_networks():
    trainable = sum(attempt(seed) for seed in range(100))
    assert trainable >= 10  # else the test would say little about lowering


@pytest.mark.campaign
def test_thousands_of_networks():
    for seed in range(100, 5100):
        attempt(seed)
