"""Checkpoints: the whole state of a run as named tensors, from which it goes on with the same numbers.

A checkpoint is a safetensors file. Weights, running statistics and optimizer slots have their names, so any program can read
them; `rest` holds the other bytes of the state (counters, seed); the metadata holds the loop's memory, the knobs and where it
came from.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from playground.document import strict_json
from playground.document.saver import save_atomically
from playground.engine.first_fit import aligned
from playground.engine.layout import Field, Layout
from playground.engine.registers import STATE_REGISTERS, STEP
from playground.errors import BadValue, FileError
from playground.words import joined, sentence

Array = npt.NDArray[Any]
FORMAT, VERSION = "playground checkpoint", 1
REST = "rest"
MOST_KNOB = float(np.finfo(np.float32).max)
#: For every layer with weights, how many updates the run had done when the optimizer's first of that layer came.
BEGUN = "optimizer/begun"


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A state with everything that belongs to it. Shapes: state (n,) float32, as `Machine.snapshot` gives it.

    memory: of the loop (`loop.Memory`).  knobs: name -> value.  fingerprint: versions and seeds of the run.
    """

    state: Array
    memory: dict[str, Any]
    knobs: dict[str, float]
    fingerprint: dict[str, Any]


def write(path: Path, checkpoint: Checkpoint, layout: Layout) -> None:
    """Raises FileError; the file that was there is then unchanged."""
    tensors = {name: field.view(checkpoint.state) for name, field in _named(layout)}
    tensors[REST] = checkpoint.state[~_covered(layout)].view(np.uint8)
    if layout.begun:
        tensors[BEGUN] = _begun(layout).view(checkpoint.state).view(np.int64)
    about = {name: getattr(checkpoint, name) for name in ("memory", "knobs", "fingerprint")}
    about["frozen"] = list(layout.frozen)
    metadata = {"format": FORMAT, "version": str(VERSION), "about": strict_json.encode(about).decode()}
    save_atomically(path, safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in tensors.items()}, metadata))


def read(path: Path, layout: Layout) -> Checkpoint:
    """Raises FileError for a file that is no checkpoint of this network. Other layers may have been frozen when it was written."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except (OSError, safetensors.SafetensorError, AttributeError, KeyError, TypeError, ValueError) as error:  # or odd types
        raise FileError(sentence("{path} cannot be read as a checkpoint. Choose another file.", path=path)) from error
    if metadata.get("format") != FORMAT:
        raise FileError(sentence("{path} is no checkpoint of a run. Choose a file from a run's folder.", path=path))
    if metadata.get("version") != str(VERSION):
        raise FileError(
            sentence(
                "{path} was written by a newer release (version {version}). Open it with that one.",
                path=path,
                version=f"{metadata.get('version')!s:.20}",
            )
        )
    state = np.zeros(layout.state[1], np.float32)
    covered = _covered(layout)
    begun = tensors.pop(BEGUN, None)
    _grow(tensors, layout)
    _fits(path, tensors, {name: field.shape for name, field in _named(layout)} | {REST: (4 * int((~covered).sum()),)})
    if begun is not None and layout.begun and begun.shape == (_begun(layout).shape[0] // 2,) and begun.dtype == np.int64:
        _begun(layout).view(state)[...] = begun.view(np.float32)
    for name, field in _named(layout):
        field.view(state)[...] = tensors[name]
    state[~covered] = tensors[REST].view(np.float32)
    try:
        about = strict_json.decode(metadata["about"])
        _turn_ages(state, layout, _stood_still(about, layout) ^ set(layout.frozen))
        return Checkpoint(state, _object(about, "memory"), _knobs(about, layout), _object(about, "fingerprint"))
    except (KeyError, TypeError, BadValue) as error:
        raise FileError(
            sentence("{path} lacks what a run needs to go on: {error}. Choose another file.", path=path, error=str(error))
        ) from error


def _object(about: dict[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(about[name], dict):
        raise BadValue(sentence("{name} must be an object", name=name))
    return dict(about[name])


def _stood_still(about: dict[str, Any], layout: Layout) -> set[str]:
    """Layers that were frozen when it was written. Files from before that was noted tell by their knobs: a frozen one has none."""
    if "frozen" in about:
        return set(about["frozen"])
    return {layer for layer in layout.frozen if not _factors(layer) & _object(about, "knobs").keys()}


def _factors(layer: str) -> set[str]:
    """The knobs of a layer that is not frozen."""
    return {f"{layer}:rate_factor", f"{layer}:decay_factor"}


def _turn_ages(state: Array, layout: Layout, layers: set[str]) -> None:
    """Layers that are frozen now and were not, or the other way round, keep how many updates they have had; see `Machine.begun`.

    Shapes: state (n,) float32.
    """
    registers = state.view(np.int64)
    for at in (at - STATE_REGISTERS for layer, at in layout.begun.items() if layer in layers):
        registers[at] = registers[STEP - STATE_REGISTERS] - registers[at]


def _knobs(about: dict[str, Any], layout: Layout) -> dict[str, float]:
    """The knobs, each a number that the network has, without those of layers that are frozen now. Raises BadValue."""
    gone = {name for layer in layout.frozen for name in _factors(layer)}
    knobs = {name: value for name, value in _object(about, "knobs").items() if name not in gone}
    for name, value in knobs.items():
        if name not in layout.knob_index:
            raise BadValue(sentence("this network has no knob called {name}", name=f"{name[:60]!r}"))
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST_KNOB:
            raise BadValue(sentence("the knob {name} must be a number", name=name))
    return {name: float(value) for name, value in knobs.items()}


def _named(layout: Layout) -> Iterator[tuple[str, Field]]:
    """Every named tensor of the state, with its place in it."""
    for group in (layout.parameters, layout.statistics, layout.slots):
        for name, field in group.items():
            yield name, dataclasses.replace(field, at=field.at - layout.state[0])
    for name, field in layout.averages.items():
        yield f"{name}/averaged", dataclasses.replace(field, at=field.at - layout.state[0])


def _covered(layout: Layout) -> Array:
    """Which numbers of the state have a name."""
    covered = np.zeros(layout.state[1], bool)
    for _, field in _named(layout):
        covered[field.at : field.at + int(np.prod(field.shape, dtype=int))] = True
    if layout.begun:
        covered[_begun(layout).at : _begun(layout).at + _begun(layout).shape[0]] = True
    return covered


def _begun(layout: Layout) -> Field:
    """The registers of all layers with the gap behind them, so that nothing of them is left to `rest`."""
    return Field(2 * min(layout.begun.values()) - layout.state[0], (aligned(2 * len(layout.begun)),))


def _grow(tensors: dict[str, Array], layout: Layout) -> None:
    """Files from before every layer had numbers of its own in the optimizer have one for all."""
    for name, field in layout.slots.items():
        if name.startswith("optimizer/") and name in tensors and tensors[name].shape == (1,):
            tensors[name] = np.repeat(tensors[name], field.shape[0])


def _fits(path: Path, tensors: dict[str, Array], expected: dict[str, tuple[int, ...]]) -> None:
    for name, shape in expected.items():
        found = tensors.get(name)
        if found is None or found.shape != shape or found.dtype != (np.uint8 if name == REST else np.float32):
            raise FileError(
                sentence(
                    "{path} is a checkpoint of another network: {name} must be {shape}; {found} was found. Choose a checkpoint of this one.",
                    path=path,
                    name=name,
                    shape="×".join(map(str, shape)) or sentence("one number"),
                    found=sentence("nothing") if found is None else f"{found.dtype} {'×'.join(map(str, found.shape))}",
                )
            )
    more = sorted(tensors.keys() - expected.keys())
    if more:
        raise FileError(
            sentence(
                "{path} is a checkpoint of another network: it has {names}, which this one lacks. Choose a checkpoint of this one.",
                path=path,
                names=joined(one[:60] for one in more[:5]),
            )
        )


@dataclasses.dataclass(frozen=True)
class Written:
    """What came of a file. which: "last", "best", "epoch" or "record"; error: why it was not written."""

    which: str
    path: Path
    step: int
    epoch: int
    error: BaseException | None


class Writer:
    """Writes the files of a run beside the training, one after another."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.folder = folder
        #: Of the states that come; one that is being written keeps its own.
        self.layout = layout
        self._pool = ThreadPoolExecutor(1, "checkpoints")
        self._jobs: list[tuple[Written, Future[object]]] = []

    def write(self, which: str, checkpoint: Checkpoint, step: int, epoch: int) -> None:
        """Begin to write a copy of the state. which: "last", "best" or "epoch"."""
        name = f"epoch-{epoch:05}.safetensors" if which == "epoch" else f"{which}.safetensors"
        path = self.folder / name
        self._jobs.append((Written(which, path, step, epoch, None), self._pool.submit(write, path, checkpoint, self.layout)))

    def write_record(self, path: Path, data: bytes | Callable[[], bytes], step: int, epoch: int) -> None:
        """Begin to write the record of the run, or what lies beside it. data: or what makes it, beside the training."""

        def write() -> None:
            save_atomically(path, data if isinstance(data, bytes) else data())

        self._jobs.append((Written("record", path, step, epoch, None), self._pool.submit(write)))

    @property
    def busy(self) -> bool:
        """Something is being written, or not yet told about."""
        return bool(self._jobs)

    def results(self, *, wait: bool = False) -> Iterator[Written]:
        """What has been written since the last call."""
        while self._jobs and (wait or self._jobs[0][1].done()):
            written, job = self._jobs.pop(0)
            yield dataclasses.replace(written, error=job.exception())

    def close(self) -> None:
        """Wait for what is being written."""
        self._pool.shutdown()


def nothing_left(path: Path, done: int, planned: int) -> str:
    """Why a run cannot go on from a checkpoint that has as many epochs behind it as are planned, or more."""
    return sentence(
        "{path} has nothing left to do: {done} epochs are done and {planned} are planned. Plan more epochs, "
        "or choose an earlier checkpoint.",
        path=path,
        done=f"{done:,}",
        planned=f"{planned:,}",
    )


def epochs_done(path: Path) -> int:
    """Epochs that lie behind a checkpoint; 0 where its text does not tell, as after an early stop, which may have brought back the best epoch."""
    memory = memory_of(path) or {}
    done = memory.get("last_epoch")
    return done if isinstance(done, int) and memory.get("finished") != "early" else 0


def memory_of(path: Path) -> dict[str, Any] | None:
    """The loop's memory of a checkpoint, or None when it cannot be read."""
    with (
        contextlib.suppress(OSError, safetensors.SafetensorError, ValueError, KeyError, TypeError),
        safetensors.safe_open(path, "numpy") as file,
    ):
        found = strict_json.decode((file.metadata() or {})["about"])["memory"]
        return found if isinstance(found, dict) else None
    return None
