"""A project in the hands of a script: build, check, train, judge, predict, export, save."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from playground.api import parts
from playground.api.building import Building
from playground.api.checkpoints import kept_in
from playground.api.importing import Imported, imported
from playground.api.journal_lines import JournalLine, entries_of
from playground.api.judging import Judged
from playground.api.layout import laid_out
from playground.api.run import Compiling, Run, Watch, train
from playground.core.fields import Path as PathField
from playground.core.fields import fields_of
from playground.core.samples import Samples
from playground.core.spec import Dataset, Loss, Spec
from playground.data.readers.places import resolve
from playground.document import project as records
from playground.document import project_json
from playground.document.edits import SetProject, Several
from playground.document.file import load, save
from playground.document.patch import patched
from playground.document.picks import recall, remember
from playground.document.problems import Problem
from playground.document.relocate import data_paths, relocation
from playground.document.weight_sets import AVERAGED, BEST, RAW, Trained, WeightSets
from playground.engine.optimizer_state import OptimizerState
from playground.errors import BadValue, FileError
from playground.formats import npz_file, safetensors_file
from playground.formats.certificate import Certificate
from playground.formats.export import export, format_of
from playground.lowering import inspect
from playground.training.journal import Entry
from playground.training.leaving import Leaving, out_of_the_way
from playground.training.run_record import project_sha256, samples_sha256
from playground.training.saturation import Saturation

#: What a network is judged by when nobody says otherwise.
USUAL_LOSS = {"classification": "cross_entropy", "regression": "mean_squared_error"}


class Project(Building, Trained):
    """Nodes, wires and plans, and the weights of the last training.

    record: the project as it is saved; it is frozen, and every change here replaces it.  sets: the weights, each set by its name.
    folder: what relative paths of its data are relative to.  optimizer_state: of the last training or checkpoint, None before one.
    """

    def __init__(
        self,
        record: records.Project | None = None,
        *,
        weights: WeightSets | Mapping[str, np.ndarray] | None = None,
        folder: Path | None = None,
    ) -> None:
        super().__init__(record or records.Project())
        self.sets = WeightSets.of(weights)
        self.optimizer_state: OptimizerState | None = None
        self.folder = folder
        self._samples: tuple[object, Samples] | None = None

    # ----------------------------------------------------------------------------------------------------------- building

    @classmethod
    def chain(cls, *nodes: Spec, name: str = "untitled", **training: Any) -> Project:
        """Data, layers and perhaps a loss, one after the other; the loss usual for the data is added where none is given.

        The loss reads what each sample counts where the data say so; of data in files that is seen only where no loss is given.
        training: settings of the training plan, such as epochs=20, batch=64, optimizer=optimizer("adam", rate=0.01).
        """
        made = cls()
        made._do(SetProject(name=name))
        names: list[str] = []
        for node in nodes:
            names.append(made.add(node, *names[-1:], name=_plain_name(node)))
        if nodes and not isinstance(nodes[-1], Loss):
            names.append(made.add(parts.loss(USUAL_LOSS[made.samples().task]), *names[-1:], name="loss"))
        samples = made._at_hand()
        if samples is not None and samples.weights is not None:
            made.wire(f"{names[0]}.weights", names[-1], port=2)
        made.record = laid_out(made.record, samples)
        return made.set(**training)

    def __repr__(self) -> str:
        """What a notebook shows."""
        names = " ".join(node.name for node in self.record.network.nodes)
        return f"<Project {self.record.name}: {names or 'empty'}; {'trained' if self.weights else 'not trained'}>"

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
        """What keeps the project from training."""
        return [problem for problem in self._noticed() if problem.severity == "error"]

    def warnings(self) -> list[Problem]:
        """What training goes on in spite of and is likely not meant, such as weights of samples that no loss reads."""
        return [problem for problem in self._noticed() if problem.severity != "error"]

    def _noticed(self) -> list[Problem]:
        has_data = bool(self.record.network.of_kind("dataset"))
        return list(inspect(self.record, self.samples() if has_data else None).problems)

    # ------------------------------------------------------------------------------------------------------------ weights

    @property
    def weights(self) -> dict[str, np.ndarray] | None:
        """Tensor name -> array, those that the training plan evaluates with; None before a training. Others take the place of all."""
        return self.sets.chosen(self.record.training.judges_averaged)

    @weights.setter
    def weights(self, weights: Mapping[str, np.ndarray] | None) -> None:
        self.sets = WeightSets.of(weights)

    @property
    def raw_weights(self) -> dict[str, np.ndarray] | None:
        """Those of the last step; None where it is not known which these are."""
        return self.sets.get(RAW)

    # ------------------------------------------------------------------------------------------------- training and judging

    def train(
        self,
        *,
        watch: Watch | None = None,
        compiling: Compiling | None = None,
        journal: Iterable[Entry | JournalLine] = (),
        resume: str | Path | None = None,
        checkpoints: str | Path | Leaving | None = None,
        every: int = 1,
        **training: Any,
    ) -> Run:
        """Train from start weights, or on from a checkpoint, and keep the result. training: settings to change first, such as epochs=5 or seed=3.

        journal: of a run of this project, whose changes are made again at their steps: entries, or lines of (step, kind, what, before,
        after). The project is then as it was at the end of that run. Raises Refused with the project's problems.

        resume: a checkpoint of a run of this project. The run goes on from its step to the planned epochs, with the numbers of one
        that was never interrupted; knobs such as the rate are the checkpoint's. Raises FileError where it does not fit.

        checkpoints: a folder that is there, where last.safetensors is written after every so many epochs and at the end, and beside it
        best.safetensors, the best epoch. What cannot be written is warned of, and the training goes on. Raises BadValue.
        """
        entries = entries_of(journal)
        if entries and resume is not None:
            raise BadValue("A journal says itself where its run began. Give either a journal or a checkpoint to resume.")
        place, leaving = None if resume is None else Path(resume), None
        if checkpoints is not None:
            leaving = checkpoints if isinstance(checkpoints, Leaving) else Leaving(Path(checkpoints), every)
            place = None if place is None else out_of_the_way(place, leaving.folder)
        self.set(**training)
        run = train(
            self.record, self.samples(), watch, compiling, journal=entries, load=self._load, resume=place, leaving=leaving
        )
        if entries:
            self.record = run.project
        self.sets, self.optimizer_state = run.sets, run.optimizer_state
        return run

    @classmethod
    def of_json(cls, data: Mapping[str, Any], *, folder: Path | None = None) -> Project:
        """A project out of the JSON that project files hold. Raises BadValue."""
        record, found = project_json.from_json(dict(data))
        if record is None:
            raise BadValue("; ".join(fault for _, fault in found.faults))
        return cls(record, folder=folder)

    def patch(self, values: Mapping[str, Any]) -> Self:
        """Other values at places of the project's JSON, such as {"training/fields/batch": 64}. Raises BadValue."""
        self.record = patched(self.record, values)
        return self

    @property
    def sha256(self) -> str:
        """Hash of all that decides a training, apart from the samples: network, data plan and training plan."""
        return project_sha256(self.record)

    @property
    def samples_sha256(self) -> str:
        """Hash of the samples. Raises DataError or FileError."""
        return samples_sha256(self.samples())

    def _load(self, record: records.Project) -> Samples:
        """Samples of this project with another data node."""
        return Project(record, folder=self.folder).samples()

    def take_checkpoint(self, path: str | Path) -> None:
        """Take weights and optimizer's state from a checkpoint of a run of this project. Raises FileError for any other file."""
        kept = kept_in(Path(path), self.record, self.samples())
        self.sets, self.optimizer_state = kept.sets, kept.optimizer

    def take_optimizer_state(self, path: str | Path) -> None:
        """Take the optimizer's state from a file of weights that was exported with it. Raises FileError."""
        path = Path(path)
        contents = npz_file.read(path) if path.suffix.lower() == npz_file.FORMAT.suffix else safetensors_file.read(path)
        self.optimizer_state = contents.optimizer()
        if self.optimizer_state is None:
            raise FileError(f"{path.name} holds no optimizer's state. Export with it, or name a checkpoint of a run.")

    def evaluate(self, part: str = "validation", *, averaged: bool | None = None, best: bool = False) -> dict[str, float]:
        """Loss and metrics of the trained network on the "train", "validation" or "test" part. averaged, best: as in `export`."""
        return self._judged(averaged, best).evaluate(part)

    def predict(
        self, x: np.ndarray, *, lengths: np.ndarray | None = None, averaged: bool | None = None, best: bool = False
    ) -> np.ndarray:
        """Probabilities for classes, or values in the data's own unit. averaged, best: as in `export`.

        Shapes: raw inputs (n, *sample), lengths (n,) how many steps of each are there, all unless given -> (n, *output).
        """
        return self._judged(averaged, best).predict(np.asarray(x, dtype=np.float32), lengths)

    def observe(
        self, x: np.ndarray, *, lengths: np.ndarray | None = None, averaged: bool | None = None, best: bool = False
    ) -> dict[str, np.ndarray]:
        """What every node gives for some inputs, by its name, and what else it has to show: "attention1/weights", "lstm1/gates".

        Further ports have their own names, such as "lstm1/state". Of a recurrent layer of several layers or directions "lstm1/gates"
        are those of the first, "lstm1/gates 2" the next ones': backwards comes after forwards, then the second layer.
        Shapes: as in `predict` -> (n, *output of the node) each.
        """
        return self._judged(averaged, best).observe(np.asarray(x, dtype=np.float32), lengths)

    def stuck(self, part: str = "validation", *, averaged: bool | None = None, best: bool = False) -> dict[str, Saturation]:
        """Of every layer that can saturate or die, by its name: the share of outputs that pass no gradient, and that of dead units."""
        return self._judged(averaged, best).stuck(part)

    def _judged(self, averaged: bool | None, best: bool) -> Judged:
        return Judged(self.record, self.samples(), self._chosen(averaged, best))

    def _chosen(self, averaged: bool | None, best: bool) -> dict[str, np.ndarray]:
        """Raises BadValue where there are none."""
        if best and averaged is not None:
            raise BadValue("Of the best epoch there is one set, the one it was evaluated with. Leave out best or averaged.")
        name = BEST if best else {None: "", True: AVERAGED, False: RAW}[averaged]
        found = self.sets.get(name) if name else self.weights
        if found is None and name == BEST:
            raise BadValue("There are no weights of a best epoch. Train with a validation part.")
        if found is None and name:
            raise BadValue(f"There are no {name} weights. Train with a plan that averages, or take a checkpoint of such a run.")
        if found is None:
            raise BadValue("The project has no trained weights yet. Train it first.")
        return found

    # -------------------------------------------------------------------------------------------------------------- files

    def load_weights(self, path: str | Path) -> Imported:
        """Take the weights of a safetensors, NPZ or ONNX file, after comparing the file's own answers with ours.

        Raises FileError or BadValue, with nothing changed, where it is of another network.
        """
        found = imported(self.record, self.samples(), Path(path), self.weights)
        self.weights = found.weights
        return found

    def export(
        self,
        path: str | Path,
        format: str | None = None,
        *,
        optimizer: bool = False,
        averaged: bool | None = None,
        best: bool = False,
    ) -> Certificate:
        """Write the trained network as safetensors, NPZ or ONNX, by the path's ending. Raises ExportBlocked if it came out wrong.

        optimizer: with the optimizer's state; ONNX has no place for it.  averaged: the averaged weights or the raw ones of the
        last training, checkpoint or file; None: `weights`.  best: those of the best epoch.
        """
        path = Path(path)
        if optimizer and not format_of(path, format).keeps_optimizer:
            raise BadValue(f"{format_of(path, format).title} has no place for an optimizer's state. Choose safetensors or NPZ.")
        state = self._state_to_export() if optimizer else None
        model = self._judged(averaged, best).model(self.record.name)
        return export(dataclasses.replace(model, optimizer=state), path, format)

    def _state_to_export(self) -> OptimizerState:
        if self.optimizer_state is None:
            raise BadValue("There is no optimizer's state. Train first, or take a checkpoint or a file that holds it.")
        return self.optimizer_state

    def save(self, path: str | Path) -> None:
        """Save as a .play file, every set of weights included; its data files stay the same ones. Raises FileError."""
        record = Several("", relocation(self.record, self.folder, Path(path).resolve().parent)).apply(self.record)
        save(record, Path(path), self.sets)
        for _, _, data in data_paths(record):
            if Path(data).is_absolute():
                with contextlib.suppress(FileError):  # one that may not be read from here is no further allowed there
                    remember(resolve(data, self.folder))

    @classmethod
    def load(cls, path: str | Path) -> Project:
        """Open a .play file; data that were once picked on this machine may be read. Raises FileError."""
        recall()
        loaded = load(Path(path))
        return cls(loaded.project, weights=loaded.sets, folder=Path(path).resolve().parent)


def _plain_name(spec: Spec) -> str:
    """Data and loss stand once, so they need no number; layers take the next free one."""
    return spec.id if isinstance(spec, Dataset) else "loss" if isinstance(spec, Loss) else ""
