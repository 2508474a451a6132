"""From arrays and pictures to samples: which array is which, the task, channels, bytes as 0 to 1, sequences and their lengths."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.samples import NO_CLASS, Samples
from playground.data.classes import number_classes
from playground.data.readers.arrays import Header, members, read_member
from playground.data.readers.images import Images
from playground.errors import DataError

#: A gigabyte as float32.
MOST_NUMBERS = 1 << 28
_INPUTS = ("x", "x_train", "train_x", "data", "images", "inputs", "features", "train_images")
#: As many as an embedding may have rows.
MOST_TOKENS = 10_000_000
_TARGETS = ("y", "y_train", "train_y", "labels", "target", "targets", "label", "train_labels")


def find_names(place: Path, other: Path, inputs: str, targets: str) -> tuple[str, str]:
    """The names of the two arrays, guessed where they are empty. Raises DataError, listing what there is."""
    inside = members(place)
    beside = inside if other == place else members(other)
    found = inputs or _guess(inside, _INPUTS, place.name, "inputs")
    if other == place and list(inside) == [""]:
        raise DataError(f"{place.name} holds one array, the inputs. Choose a file of targets too, or save both with numpy.savez.")
    return found, targets or _guess(beside, _TARGETS, other.name, "targets")


def _guess(arrays: dict[str, Header], words: tuple[str, ...], name: str, role: str) -> str:
    if len(arrays) == 1:
        return next(iter(arrays))
    for word in words:
        for array in arrays:
            if array.lower() == word:
                return array
    listed = ", ".join(
        f"{array} ({'×'.join(map(str, header.shape)) or 'one number'})" for array, header in list(arrays.items())[:10]
    )
    raise DataError(f"{name}: which array holds the {role}? It has {listed}. Name one of these.")


def rows_of(place: Path, other: Path, name: str, count: int) -> tuple[np.ndarray | None, str]:
    """The array called `name`, "lengths" or "weights", of either file, and a note on what became of it; None where there is none."""
    for path in dict.fromkeys((place, other)):
        header = members(path).get(name)
        if header is not None and header.shape == (count,):
            return read_member(path, name), f"{path.name} {name} is used as the {name} of the samples."
        if header is not None:
            form = "×".join(map(str, header.shape)) or "one number"
            return None, f"{path.name} {name} was passed over: it is {form}, not one number for each of {count:,} samples."
    return None, ""


def samples_of_arrays(
    x: np.ndarray,
    y: np.ndarray,
    *,
    task: str,
    channels: str,
    names: tuple[str, str],
    lengths: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    tokens: bool = False,
) -> Samples:
    """Checked samples. names: what the two arrays are called in an error.  tokens: the inputs are whole numbers that stand for words.

    Shapes: x (n, ...), y (n,) or (n, k), or (n, steps) where every step has a class; lengths and weights (n,). Raises DataError.
    """
    if x.ndim < 1 or y.ndim < 1 or len(x) != len(y):
        sizes = " and ".join("×".join(map(str, array.shape)) or "one number" for array in (x, y))
        raise DataError(f"{names[0]} and {names[1]} must hold the same number of samples; they hold {sizes}.")
    if not x.size or not y.size:
        raise DataError(f"{names[0] if not x.size else names[1]} is empty. One number for each sample or more was expected.")
    for name, array in zip(names, (x, y), strict=True):
        if array.size > MOST_NUMBERS:
            raise DataError(
                f"{name} holds {array.size:,} numbers; at most {MOST_NUMBERS:,} can be trained on at once. Save fewer samples."
            )
    vocabulary = _vocabulary(x, names[0]) if tokens else 0
    inputs = _inputs(x, channels, names[0])
    steps = inputs.shape[1] if tokens or inputs.ndim == 3 else 0
    long = _lengths(lengths, steps)
    heavy = _weights(weights)
    target = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 and task != "steps" else y
    if task == "auto":
        task = _task_of(target, steps)
    features = tuple(f"x{number + 1}" for number in range(inputs.shape[1])) if inputs.ndim == 2 and not tokens else ()
    if task == "steps":
        labels, classes = _labels_of_steps(target, steps, long, names[1])
        return Samples(inputs, labels, "classification", classes, features, (), (), heavy, long, vocabulary)
    if task == "classification":
        labels, classes = number_classes(_labels(target, names[1]), names[1])
        return Samples(inputs, labels, task, classes, features, (), (), heavy, long, vocabulary)
    if target.ndim > 2:
        raise DataError(f"{names[1]} has {target.ndim} axes; one value or one row of values for each sample was expected.")
    values = _finite(target.reshape(len(target), -1), names[1])
    heads = tuple(f"y{number + 1}" for number in range(values.shape[1]))
    return Samples(inputs, values, task, (), features, heads, (), heavy, long, vocabulary)


def _task_of(target: np.ndarray, steps: int) -> str:
    """What whole numbers most likely are: a class for each sample, or one for each step of a sequence; else values."""
    if target.dtype.kind not in "biu":
        return "regression"
    if target.ndim == 1:
        return "classification"
    return "steps" if steps and target.shape == (len(target), steps) and not _is_one_hot(target) else "regression"


def _is_one_hot(target: np.ndarray) -> bool:
    return bool(np.isin(target, (0, 1)).all() and (target.sum(axis=1) == 1).all())


def _labels_of_steps(target: np.ndarray, steps: int, lengths: np.ndarray | None, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Ranks of the class numbers, NO_CLASS where that is given or where a sequence has ended. Shapes: (n, steps) -> the same."""
    if not steps or target.shape != (len(target), steps):
        form = "×".join(map(str, target.shape))
        wanted = f"{len(target):,}×{steps:,}" if steps else "and inputs of samples×steps or samples×steps×features"
        raise DataError(f"{name} must hold one class number for every step, {wanted}; its shape is {form}.")
    there = np.asarray(target != NO_CLASS)
    if lengths is not None:
        there &= np.arange(steps) < lengths[:, None]
    labels = np.full(target.shape, NO_CLASS, np.int64)
    ranks, classes = number_classes(target[there], name)
    labels[there] = ranks
    return labels, classes


def _vocabulary(x: np.ndarray, name: str) -> int:
    """How many tokens there may be: one more than the greatest. Raises DataError for numbers that are none."""
    if x.ndim > 2:
        raise DataError(f"{name} has {x.ndim} axes; tokens need two: samples, steps.")
    rows = x.reshape(len(x), -1)
    with np.errstate(invalid="ignore"):
        bad = ~((rows >= 0) & (rows < MOST_TOKENS) & (rows == np.floor(rows))).all(axis=1)
    if bad.any():
        raise DataError(
            f"{name}: tokens must be whole numbers from 0 to {MOST_TOKENS - 1:,}; {bad.sum():,} samples hold others, the first is "
            f"sample {bad.argmax() + 1:,}. Number the words first, or turn tokens off."
        )
    return int(x.max()) + 1


def _lengths(lengths: np.ndarray | None, steps: int) -> np.ndarray | None:
    if lengths is None:
        return None
    if not steps:
        raise DataError(
            "The file holds lengths, and the inputs are no sequences: samples×steps×features, or tokens, was expected."
        )
    with np.errstate(invalid="ignore"):
        bad = ~((lengths >= 1) & (lengths <= steps) & (lengths == np.floor(lengths)))
    if bad.any():
        at = int(bad.argmax())
        raise DataError(
            f"The lengths must be whole numbers from 1 to the {steps:,} steps; that of sample {at + 1:,} is {lengths[at]:g}."
        )
    return lengths.astype(np.int64)


def _weights(weights: np.ndarray | None) -> np.ndarray | None:
    if weights is None:
        return None
    found = weights.astype(np.float32)
    bad = ~(np.isfinite(found) & (found >= 0))
    if bad.any():
        at = int(bad.argmax())
        raise DataError(f"The weights must be finite and at least 0; that of sample {at + 1:,} is {weights[at]:g}.")
    if not found.any():
        raise DataError("All weights are 0: no sample would count. Give some of them a weight above 0.")
    return found


def samples_of_images(images: Images, folder: Path) -> Samples:
    """Samples of an image folder; what was left out stands in the notes. Raises DataError."""
    found = np.bincount(images.label, minlength=len(images.names))
    absent = [name for name, count in zip(images.names, found, strict=True) if not count]
    listed = "; ".join(f"{bad.path.relative_to(folder)}: {bad.reason}" for bad in images.bad[:3])
    more = f"; and {len(images.bad) - 3:,} more" if len(images.bad) > 3 else ""
    if absent:
        why = f" {listed}{more}." if listed else ""
        raise DataError(
            f"{folder.name}: no picture could be read in {', '.join(absent[:5])}.{why} Put pictures there or remove the folder."
        )
    notes = []
    if images.bad:
        notes.append(f"{len(images.bad):,} of {len(images.bad) + len(images.x):,} pictures were left out. {listed}{more}.")
    if images.ignored:
        notes.append(f"{images.ignored:,} files are no pictures by their ending and were passed over.")
    return Samples(images.x, images.label, "classification", images.names, notes=tuple(notes))


def _inputs(x: np.ndarray, channels: str, name: str) -> np.ndarray:
    """Shapes: (n,) -> (n, 1); (n, h, w) of bytes -> (n, h, w, 1); (n, c, h, w) -> (n, h, w, c) where channels come first."""
    if x.ndim > 4:
        raise DataError(f"{name} has {x.ndim} axes; at most 4 were expected: samples, height, width, channels.")
    values = _finite(x, name)
    if x.ndim == 1:
        values = values[:, None]
    elif x.dtype == np.uint8 and x.ndim >= 3:
        values /= np.float32(255)
        if x.ndim == 3:
            values = values[..., None]
    if x.ndim == 4 and channels == "first":
        values = np.ascontiguousarray(values.transpose(0, 2, 3, 1))
    return values


def _finite(values: np.ndarray, name: str) -> np.ndarray:
    """The values as float32, a copy. Raises DataError for those that no float32 can hold."""
    with np.errstate(over="ignore"):
        small = values.astype(np.float32)
    bad = ~np.isfinite(small).reshape(len(small), -1).all(axis=1)
    if bad.any():
        raise DataError(
            f"{name}: {bad.sum():,} samples hold NaN, an infinity or a number above 3.4e38; the first is sample {bad.argmax() + 1:,}. "
            "Mend these samples or leave them out."
        )
    return small


def _labels(target: np.ndarray, name: str) -> np.ndarray:
    if target.ndim == 1:
        return target
    if target.ndim == 2 and _is_one_hot(target):
        return np.asarray(target.argmax(axis=1))
    shape = "×".join(map(str, target.shape))
    raise DataError(f"{name} must hold one class number for each sample, or rows with a single 1; its shape is {shape}.")
