"""A project and the words about its samples as one text for the worker; the samples' numbers travel as shared memory."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core import registry
from playground.core.samples import Samples
from playground.core.spec import Spec
from playground.document.plans import DataPlan, TrainingPlan
from playground.document.project import Link, Network, Node, Project

#: The blocks of a run, in the order of their descriptors.
BLOCKS = ("payload", "x", "y", "arena", "board")

_WORDS = ("class_names", "feature_names", "target_names", "notes")


def pack(project: Project, samples: Samples) -> bytes:
    """What a run depends on, as JSON: nodes, wires, plans; no notes, no parts that this version does not know."""
    nodes = [
        {
            "id": node.id,
            "name": node.name,
            "spec": registry.dump(node.spec),
            "frozen": node.frozen,
            "rate_factor": node.rate_factor,
        }
        for node in project.network.nodes
        if isinstance(node.spec, Spec)
    ]
    body = {
        "name": project.name,
        "nodes": nodes,
        "links": [dataclasses.asdict(link) for link in project.network.links],
        "data": registry.dump(project.data),
        "training": registry.dump(project.training),
        "task": samples.task,
        **{word: getattr(samples, word) for word in _WORDS},
    }
    return json.dumps(body, allow_nan=False).encode()


def unpack(text: bytes, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> tuple[Project, Samples]:
    """The inverse of `pack`. Raises BadValue, UnknownKind or KeyError."""
    body = json.loads(text)
    nodes = tuple(
        Node(id=n["id"], name=n["name"], spec=registry.load(n["spec"]), frozen=n["frozen"], rate_factor=n["rate_factor"])
        for n in body["nodes"]
    )
    data, training = registry.load(body["data"], "plan"), registry.load(body["training"], "plan")
    if not isinstance(data, DataPlan) or not isinstance(training, TrainingPlan):
        raise TypeError("the plans of a project are a data plan and a training plan")
    network = Network(nodes=nodes, links=tuple(Link(**link) for link in body["links"]))
    project = Project(name=body["name"], network=network, data=data, training=training)
    return project, Samples(x=np.asarray(x), y=np.asarray(y), task=body["task"], **{w: tuple(body[w]) for w in _WORDS})
