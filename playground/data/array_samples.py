"""From arrays and pictures to samples: which array is which, the task, channels, and bytes as 0 to 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.samples import Samples
from playground.data.classes import number_classes
from playground.data.readers.arrays import Header, members
from playground.data.readers.images import Images
from playground.errors import DataError

#: A gigabyte as float32.
MOST_NUMBERS = 1 << 28
_INPUTS = ("x", "x_train", "train_x", "data", "images", "inputs", "features", "train_images")
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


def samples_of_arrays(x: np.ndarray, y: np.ndarray, *, task: str, channels: str, names: tuple[str, str]) -> Samples:
    """Checked samples. names: what the two arrays are called in an error. Shapes: x (n, ...), y (n,) or (n, k). Raises DataError."""
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
    inputs = _inputs(x, channels, names[0])
    target = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if task == "auto":
        task = "classification" if target.ndim == 1 and target.dtype.kind in "biu" else "regression"
    features = tuple(f"x{number + 1}" for number in range(inputs.shape[1])) if inputs.ndim == 2 else ()
    if task == "classification":
        labels, classes = number_classes(_labels(target, names[1]), names[1])
        return Samples(inputs, labels, task, classes, features)
    if target.ndim > 2:
        raise DataError(f"{names[1]} has {target.ndim} axes; one value or one row of values for each sample was expected.")
    values = _finite(target.reshape(len(target), -1), names[1])
    return Samples(inputs, values, task, (), features, tuple(f"y{number + 1}" for number in range(values.shape[1])))


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
    if target.ndim == 2 and np.isin(target, (0, 1)).all() and (target.sum(axis=1) == 1).all():
        return np.asarray(target.argmax(axis=1))
    shape = "×".join(map(str, target.shape))
    raise DataError(f"{name} must hold one class number for each sample, or rows with a single 1; its shape is {shape}.")
