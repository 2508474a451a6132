"""Small projects for these tests, made by the document's own edits."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.core import registry
from playground.core.samples import Samples
from playground.document.edits import AddLink, AddNode
from playground.document.problems import Problem
from playground.document.project import Project

#: (layer id, settings) in a row, or a node that exists already.
Step = tuple[str, dict[str, Any]]


def images(classes: int = 10, shape: tuple[int, ...] = (8, 8, 1)) -> Samples:
    """Samples with classes."""
    y = np.arange(40, dtype=np.int64) % classes
    return Samples(np.zeros((40, *shape), np.float32), y, "classification", tuple(f"class {i}" for i in range(classes)))


def values(outputs: int = 1, features: int = 4, binary: bool = False) -> Samples:
    """Samples with numbers as targets."""
    y = np.random.default_rng(1).normal(3.0, 2.0, (40, outputs)).astype(np.float32)
    return Samples(np.zeros((40, features), np.float32), (y > 3).astype(np.float32) if binary else y, "regression")


def add(project: Project, kind: str, id: str, **settings: Any) -> tuple[Project, str]:
    """The project with one node more, and the node's id."""
    edit = AddNode(registry.find(kind, id)(**settings))
    return edit.apply(project), edit.id


def wire(project: Project, source: str, target: str, port: int = 0) -> Project:
    return AddLink(source, target, port).apply(project)


def chain(*steps: Step, loss: str = "cross_entropy") -> tuple[Project, list[str]]:
    """Data, layers in a row and a loss; and the ids of all nodes, data first."""
    project, data = add(Project(), "dataset", "digits")
    ids = [data]
    for kind, id, settings in [*(("layer", id, settings) for id, settings in steps), ("loss", loss, {})]:
        project, made = add(project, kind, id, **settings)
        project = wire(project, ids[-1], made)
        ids.append(made)
    return project, ids


def mended(project: Project, problem: Problem) -> Project:
    """The project after a problem's mend."""
    assert problem.mend is not None
    for edit in problem.mend.edits:
        project = edit.apply(project)
    return project
