"""A project in the hands of a script: build, check, train, judge, predict, export, save."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from playground.api import parts
from playground.api.judging import Judged
from playground.api.layout import laid_out
from playground.api.run import Compiling, Run, Watch, train
from playground.core.fields import Path as PathField
from playground.core.fields import fields_of
from playground.core.samples import Samples
from playground.core.spec import Dataset, Layer, Loss, Spec
from playground.document import project as records
from playground.document.edits import AddLink, AddNode, Edit, SetPlan, SetProject, ShareWeights
from playground.document.file import load, save
from playground.document.problems import Problem
from playground.document.wiring import output_names
from playground.errors import BadValue, UnknownKind
from playground.formats.certificate import Certificate
from playground.formats.export import export, format_of
from playground.lowering import inspect

#: What a network is judged by when nobody says otherwise.
USUAL_LOSS = {"classification": "cross_entropy", "regression": "mean_squared_error"}


class Project:
    """Nodes, wires and plans, and the weights of the last training.

    record: the project as it is saved; it is frozen, and every change here replaces it.  weights: tensor name -> array, or None.
    folder: what relative paths of its data are relative to.
    """

    def __init__(
        self,
        record: records.Project | None = None,
        *,
        weights: Mapping[str, np.ndarray] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.record = record or records.Project()
        self.weights = dict(weights) if weights is not None else None
        self.folder = folder
        self._samples: tuple[object, Samples] | None = None

    # ----------------------------------------------------------------------------------------------------------- building

    @classmethod
    def chain(cls, *nodes: Spec, name: str = "untitled", **training: Any) -> Project:
        """Data, layers and perhaps a loss, one after the other; the loss usual for the data is added where none is given.

        training: settings of the training plan, such as epochs=20, batch=64, optimizer=optimizer("adam", rate=0.01).
        """
        made = cls()
        made._do(SetProject(name=name))
        before: tuple[str, ...] = ()
        for node in nodes:
            before = (made.add(node, *before, name=_plain_name(node)),)
        if nodes and not isinstance(nodes[-1], Loss):
            made.add(parts.loss(USUAL_LOSS[made.samples().task]), *before, name="loss")
        made.record = laid_out(made.record, made._at_hand())
        return made.set(**training)

    def add(self, spec: Spec, *inputs: str, name: str = "") -> str:
        """A node fed by the nodes named; gives its name. Raises BadValue or EditError when that does not fit.

        inputs: one for each port, "" for an optional port that stays open; "lstm1.state" means that output of lstm1.
        """
        if not isinstance(spec, Dataset | Layer | Loss):
            raise BadValue(f"A node must be data, a layer or a loss; {type(spec).__name__} was given.")
        made = AddNode(spec, name=name)
        self._do(made)
        for port, source in enumerate(inputs):
            if source:
                node, output = self._output(source)
                self._do(AddLink(node.id, made.id, port, output=output))
        return self.record.network.node(made.id).name

    def _output(self, name: str) -> tuple[records.Node, int]:
        """The node and the place of an output called "node" or "node.output"."""
        owner, _, output = name.partition(".")
        node = self.node(owner)
        names = output_names(node.spec)
        if output and output not in names:
            raise UnknownKind(f"{owner} has no output called {output!r}; it has {', '.join(names) or 'none'}.")
        return node, names.index(output) if output else 0

    def share(self, node: str, source: str, *, transposed: bool = False) -> Project:
        """Let a node use the weights of another one, its matrices turned round where asked."""
        self._do(ShareWeights(self.node(node).id, self.node(source).id, transposed))
        return self

    def set(self, **training: Any) -> Project:
        """Settings of the training plan: epochs, batch, seed, optimizer, schedule, warmup, clip, patience and so on."""
        for name, value in training.items():
            self._do(SetPlan("training", name, value))
        return self

    def set_data(self, **plan: Any) -> Project:
        """Settings of the data plan: validation, test, stratified, scaling, scale_targets, seed."""
        for name, value in plan.items():
            self._do(SetPlan("data", name, value))
        return self

    def node(self, name: str) -> records.Node:
        """The node called so. Raises UnknownKind, listing the names that there are."""
        for node in self.record.network.nodes:
            if node.name == name:
                return node
        names = ", ".join(node.name for node in self.record.network.nodes) or "none yet"
        raise UnknownKind(f"There is no node called {name!r}; there are: {names}.")

    def _do(self, edit: Edit) -> None:
        self.record = edit.apply(self.record)

    # --------------------------------------------------------------------------------------------------------------- data

    def samples(self) -> Samples:
        """All samples of the data node, loaded once. Raises DataError or FileError."""
        nodes = self.record.network.of_kind("dataset")
        if not nodes or not isinstance(nodes[0].spec, Dataset):
            raise BadValue("The project has no data yet. Add a data node first.")
        spec = nodes[0].spec
        if self._samples is None or self._samples[0] != spec:
            self._samples = (spec, spec.load(self.folder))
        return self._samples[1]

    def _at_hand(self) -> Samples | None:
        """Samples that are loaded or come with the program; those of files are read only when they are asked for."""
        specs = [node.spec for node in self.record.network.of_kind("dataset")]
        files = any(
            isinstance(field, PathField) for spec in specs if isinstance(spec, Dataset) for field in fields_of(spec).values()
        )
        return self.samples() if specs and (self._samples is not None or not files) else None

    def problems(self) -> list[Problem]:
        """What keeps the project from training; warnings are left out."""
        has_data = bool(self.record.network.of_kind("dataset"))
        found = inspect(self.record, self.samples() if has_data else None).problems
        return [problem for problem in found if problem.severity == "error"]

    # ------------------------------------------------------------------------------------------------- training and judging

    def train(self, *, watch: Watch | None = None, compiling: Compiling | None = None, **training: Any) -> Run:
        """Train from start weights and keep the result. training: settings to change first, such as epochs=5 or seed=3.

        Raises Refused with the project's problems.
        """
        self.set(**training)
        run = train(self.record, self.samples(), watch, compiling)
        self.weights = run.weights
        return run

    def evaluate(self, part: str = "validation") -> dict[str, float]:
        """Loss and metrics of the trained network on the "train", "validation" or "test" part."""
        return self._judged().evaluate(part)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities for classes, or values in the data's own unit. Shapes: raw inputs (n, *sample) -> (n, *output)."""
        return self._judged().predict(np.asarray(x, dtype=np.float32))

    def _judged(self) -> Judged:
        if self.weights is None:
            raise BadValue("The project has no trained weights yet. Train it first.")
        return Judged(self.record, self.samples(), self.weights)

    # -------------------------------------------------------------------------------------------------------------- files

    def export(self, path: str | Path, format: str | None = None) -> Certificate:
        """Write the trained network as safetensors, NPZ or ONNX, by the path's ending. Raises ExportBlocked if it came out wrong."""
        path = Path(path)
        format_of(path, format)
        return export(self._judged().model(self.record.name), path, format)

    def save(self, path: str | Path) -> None:
        """Save as a .play file, weights included. Raises FileError."""
        save(self.record, Path(path), weights=self.weights)

    @classmethod
    def load(cls, path: str | Path) -> Project:
        """Open a .play file. Raises FileError."""
        loaded = load(Path(path))
        return cls(loaded.project, weights=loaded.weights or None, folder=Path(path).resolve().parent)


def _plain_name(spec: Spec) -> str:
    """Data and loss stand once, so they need no number; layers take the next free one."""
    return spec.id if isinstance(spec, Dataset) else "loss" if isinstance(spec, Loss) else ""
