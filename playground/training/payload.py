"""A project and the words about its samples as one text for the worker; the samples' numbers travel as shared memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.samples import Samples
from playground.document import project_json, strict_json
from playground.document.project import Project
from playground.errors import BadValue

#: The blocks of a run, in the order of their descriptors.
BLOCKS = ("payload", "x", "y", "arena", "board")

#: What there may be for every sample besides its input and target.
_ROWS = {"weights": np.float32, "lengths": np.int64}
_WORDS = ("class_names", "feature_names", "target_names", "notes", "token_names")


def pack(project: Project, samples: Samples) -> bytes:
    """Canonical JSON of the project and of what is known about the samples. Raises BadValue."""
    words = {word: list(getattr(samples, word)) for word in _WORDS}
    rows = {name: None if (given := getattr(samples, name)) is None else given.tolist() for name in _ROWS}
    body = {"project": project_json.to_json(project), "task": samples.task, "tokens": samples.tokens, **words, **rows}
    return strict_json.encode(body)


def unpack(text: bytes, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> tuple[Project, Samples]:
    """The inverse of `pack`. Raises BadValue."""
    body = strict_json.decode(text)
    project, found = project_json.from_json(body["project"])
    if project is None:
        raise BadValue("; ".join(sentence for _, sentence in found.faults))
    words: dict[str, Any] = {word: tuple(body[word]) for word in _WORDS}
    rows: dict[str, Any] = {name: None if body[name] is None else np.asarray(body[name], _ROWS[name]) for name in _ROWS}
    return project, Samples(x=x, y=y, task=body["task"], tokens=body["tokens"], **words, **rows)
