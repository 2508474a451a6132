"""Networks wired at random with random settings, wrong ones included: nothing raises, and what has no errors can be lowered."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import numpy as np
import pytest

from playground.core import registry
from playground.core.fields import Field, Whole, fields_of
from playground.core.samples import Samples
from playground.document.edits import AddLink, AddNode, EditError, ShareWeights
from playground.document.problems import LazyMends, Mend, Problem
from playground.document.project import Link, Project, new_id
from playground.lowering import Inspection, Refused, fits, inspect, lower
from tests.lowering.projects import images, values


def sequences(steps: int = 5, each: bool = False, tokens: int = 0, task: str = "classification") -> Samples:
    """Sequences of unequal length that count unequally. each: an answer for every step."""
    rng, shape = np.random.default_rng(2), (40, steps) if each else (40,)
    x = rng.integers(0, tokens, (40, steps)) if tokens else rng.normal(size=(40, steps, 3))
    classes = ("a", "b", "c") if task == "classification" else ()
    y = rng.integers(0, 3, shape) if classes else rng.normal(size=(*shape, 2)).astype(np.float32)
    more = {"weights": rng.uniform(1, 2, 40).astype(np.float32), "lengths": rng.integers(1, steps + 1, 40)}
    return Samples(x.astype(np.float32), y, task, classes, tokens=tokens, **more)


SAMPLES = [
    None,
    images(),
    images(3, (1, 1, 2)),
    images(2, (5,)),
    images(2, (6, 3)),
    values(),
    values(3, 7),
    values(2, binary=True),
    sequences(),
    sequences(each=True, tokens=11),
    sequences(tokens=4),
    sequences(1, each=True, task="regression"),
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
    for _ in range(rng.choice([0, 0, 1, 2])):
        try:
            project = ShareWeights(rng.choice(ids or [""]), rng.choice(ids or [""]), rng.random() < 0.3).apply(project)
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
        graph = lower(project, samples).graph
        assert sum(graph.values[p.value].type.count for p in graph.parameters) <= found.total_parameters
        names = {node.name: node.id for node in project.network.nodes}
        for name, value in graph.mains.items():
            assert graph.values[value].type.shape == found.types[names[name]].shape
    elif samples is not None:
        with pytest.raises(Refused):
            lower(project, samples)
    return found


def after(project: Project, mend: Mend) -> Project | None:
    """The project after a mend; None where it was drawn so wrongly that no edit fits."""
    try:
        for edit in mend.edits:
            project = edit.apply(project)
    except EditError:
        return None
    return project


def own(found: Inspection, problem: Problem) -> set[str]:
    """What else keeps a problem's node from training; of a loss what is said of the same input. That layers of a million units are
    too large for this machine can be said only when their inputs fit.
    """
    others = [one for one in found.errors if one.node == problem.node and one.text != problem.text]
    return {one.text for one in others if one.field == problem.field and not one.text.startswith("This needs ")}


def attempt(seed: int) -> bool:
    """One random network: inspected, its mends applied one by one, every wire tried. Gives whether it ended trainable."""
    rng = random.Random(seed)
    project, samples = network(rng), rng.choice(SAMPLES)
    found = check(project, samples)
    nodes = [node.id for node in project.network.nodes]
    for source in nodes:
        fits(project, samples, source, rng.choice(nodes), rng.randint(0, 3))
    for _ in range(12):
        problem = next((one for one in sorted(found.problems, key=lambda one: one.severity) if one.mend), None)
        if problem is None:
            break
        changed = after(project, rng.choice(problem.mends))
        if changed is None:
            break
        seen = check(changed, samples)
        assert (problem.node, problem.text) not in [(one.node, one.text) for one in seen.problems], problem
        if isinstance(problem.mends, LazyMends):  # tried before they are offered
            assert own(seen, problem) <= own(found, problem), (problem, own(seen, problem))
        project, found = changed, seen
    return samples is not None and not found.errors


def test_a_hundred_networks():
    trainable = sum(attempt(seed) for seed in range(100))
    assert trainable >= 10  # else the test would say little about lowering


@pytest.mark.campaign
def test_thousands_of_networks():
    for seed in range(100, 5100):
        attempt(seed)
