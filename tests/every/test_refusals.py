"""Every layer with inputs of every kind and settings up to their ends: no exception, refusals in words, mends that mend."""

from __future__ import annotations

import dataclasses
import math
import random
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from playground.core import registry
from playground.core.fields import Choice, Field, Flag, Real, Size, Whole, Wholes, fields_of
from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document.edits import AddLink, AddNode
from playground.document.problems import Problem
from playground.document.project import Project
from playground.lowering.facts import in_range
from playground.lowering.inspection import inspect
from tests.every.catalogue import records

#: Cases tried of every layer besides its defaults on every input.
CASES = 180
#: Mends applied one after the other until a node is content or has no mend.
MOST_MENDS = 6


def samples(*shape: int, tokens: int = 0, lengths: bool = False) -> Samples:
    """Two samples of a shape, however large: the zeros take no memory."""
    x = np.broadcast_to(np.float32(0), (2, *shape))
    there = np.full(2, shape[0]) if lengths else None
    return Samples(x, np.zeros((2, 1), np.float32), "regression", weights=np.ones(2, np.float32), tokens=tokens, lengths=there)


INPUTS = {
    "a number": samples(),
    "one number": samples(1),
    "a row": samples(5),
    "a square's row": samples(49),
    "a masked row": samples(5, lengths=True),
    "a huge row": samples(2 * 10**9),
    "a token": samples(tokens=7),
    "tokens": samples(6, tokens=7),
    "masked tokens": samples(6, tokens=70, lengths=True),
    "a table of tokens": samples(3, 4, tokens=5),
    "a sequence": samples(7, 3),
    "one step, one feature": samples(1, 1),
    "one step": samples(1, 5),
    "a masked sequence": samples(6, 4, lengths=True),
    "a long sequence": samples(10**8, 3),
    "a wide sequence": samples(3, 10**8),
    "a huge sequence": samples(10**6, 10**6),
    "an image": samples(5, 7, 3),
    "a grey image": samples(8, 8, 1),
    "one pixel": samples(1, 1, 1),
    "a masked image": samples(3, 4, 2, lengths=True),
    "a huge image": samples(2**20, 2**20, 4),
    "four axes": samples(2, 3, 4, 5),
    "seven axes": samples(1, 2, 1, 2, 1, 2, 1),
}
#: What further ports are given: nothing, what the first one is given, the weights of the samples, or a tensor of this shape.
FURTHER = (None, "same", "weights", (1,), (5,), (6,), (8,), (1, 1), (7, 3), (6, 4), (2, 3), (5, 7, 3), (1, 1, 1))


def ends(field: Field) -> list[Any]:
    """Values at the ends of what a field takes."""
    if isinstance(field, Real | Whole):
        return [n for n in (field.low, field.high) if math.isfinite(n)]
    if isinstance(field, Choice):
        return list(field.options)
    if isinstance(field, Flag):
        return [False, True]
    if isinstance(field, Size):
        return [(field.low, field.low), (field.high, field.high), (field.low, field.high)]
    if isinstance(field, Wholes):
        return [(field.low,), (field.high,), (field.high,) * field.most, (field.low,) * field.most]
    return []


def every_settings(record: type[Layer], rng: random.Random) -> list[dict[str, Any]]:
    """Its examples, each field at its ends, all fields at theirs, and random ones."""
    fields = fields_of(record)
    found = [settings for _, settings, _ in record.examples]
    found += [{name: value} for name, field in fields.items() for value in ends(field)]
    found += [{name: ends(field)[at] for name, field in fields.items() if ends(field)} for at in (0, -1)]
    found += [{name: field.some(rng) for name, field in fields.items()} for _ in range(8)]
    found += [{name: rng.choice([*ends(field), field.some(rng)]) for name, field in fields.items()} for _ in range(8)]
    return found


def cases(record: type[Layer]) -> Iterator[tuple[dict[str, Any], str, tuple[Any, ...]]]:
    """(settings, name of the input, what further ports are given)."""
    rng = random.Random(zlib.crc32(record.id.encode()))
    rest, least = len(record.ports) - 1, len(record.ports) - 1 - record.optional
    for name in INPUTS:
        yield {}, name, ("same",) * max(least, 0)
    settings = every_settings(record, rng)
    for at in range(CASES):
        more = rest + rng.randint(0, 2) if record.variadic else rest
        yield settings[at % len(settings)], rng.choice(list(INPUTS)), tuple(rng.choice(FURTHER) for _ in range(more))


def project_of(layer: Layer, further: tuple[Any, ...]) -> tuple[Project, str]:
    """Data wired to the layer, and what its further ports are given; and the layer's node."""
    data, node = AddNode(registry.find("dataset", "digits")()), AddNode(layer)
    project = AddLink(data.id, node.id, 0).apply(node.apply(data.apply(Project())))
    for port, given in enumerate(further, start=1):
        if given in ("same", "weights"):
            project = AddLink(data.id, node.id, port, output=0 if given == "same" else 2).apply(project)
        elif given is not None:
            held = AddNode(registry.find("layer", "constant")(shape=given))
            project = AddLink(data.id, held.id, 0).apply(held.apply(project))
            project = AddLink(held.id, node.id, port).apply(project)
    return project, node.id


def first_problem(project: Project, data: Samples, node: str) -> Problem | None:
    """What is wrong with the node itself."""
    return next((one for one in inspect(project, data).problems if one.node == node and one.severity == "error"), None)


@pytest.mark.parametrize("record", records("layer"))
def test_refusals_are_sentences_and_mends_mend(record):
    for settings, name, further in cases(record):
        project, node = project_of(record(**settings), further)
        title = next(one.name for one in project.network.nodes if one.id == node)
        case, told = (settings, name, further), []
        while (problem := first_problem(project, INPUTS[name], node)) is not None:
            text = problem.text
            assert text not in told, (case, text, "mended in vain")
            assert len(told) < MOST_MENDS, (case, told)
            told.append(text)
            assert title in text, (case, text)
            assert text.endswith("."), (case, text)
            assert not any(slip in text for slip in ("  ", "None", "()", " ,")), (case, text)
            assert len(text) <= 300, (case, text)
            if problem.mend is None:  # a wire lacks, the data are too few, or the machine is too small
                assert any(part in text for part in (" has nothing at ", " samples in a batch; ", "This needs ")), (case, text)
                break
            assert problem.mend.text[:1].isupper()
            assert problem.mend.edits, (case, text)
            for edit in problem.mend.edits:
                project = edit.apply(project)


@pytest.mark.parametrize("record", records("layer"))
def test_what_came_is_told(record):
    """A refusal of shapes tells the shape at every port that is wired."""
    for settings, name, further in cases(record):
        project, node = project_of(record(**settings), further)
        found = inspect(project, INPUTS[name])
        links = [link for link in project.network.links if link.target == node]
        if node in found.types or any(found.type_of(link) is None for link in links):
            continue
        problem = next(one for one in found.problems if one.node == node)
        if "nothing at" in problem.text or "leave an input empty" in problem.text or not in_range(record(**settings)):
            continue
        for link in links:
            assert str(found.type_of(link)) in problem.text, (settings, name, further, problem.text)


@pytest.mark.parametrize("record", records("layer"))
def test_wrong_settings_are_problems_at_their_fields(record):
    data = INPUTS["a sequence"]
    for name, field in fields_of(record).items():
        for wrong in field.wrong():
            project, id = project_of(record(), ("same",) * (len(record.ports) - 1))
            project = with_spec(project, id, record(**{name: wrong}))
            problem = next(one for one in inspect(project, data).problems if one.node == id and one.field == name)
            title = project.network.node(id).name
            assert problem.text.startswith(f"{title}: {field.title(name)}"), (name, wrong)
            assert problem.text.endswith("."), (name, wrong)
            assert problem.mend is not None, (name, wrong)
            if wrong == getattr(record(), name):  # 0 for false: no edit sees a change, and no project holds it
                continue
            for edit in problem.mend.edits:
                project = edit.apply(project)
            left = [one.text for one in inspect(project, data).problems if one.node == id]
            assert not any(text.startswith(f"{title}: {field.title(name)}") for text in left), (name, wrong, left)


def with_spec(project: Project, id: str, spec: Layer) -> Project:
    """The project with another record at a node, as no edit would put it there."""
    nodes = tuple(dataclasses.replace(node, spec=spec) if node.id == id else node for node in project.network.nodes)
    return dataclasses.replace(project, network=dataclasses.replace(project.network, nodes=nodes))
