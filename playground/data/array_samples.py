"""From arrays and pictures to samples: which array is which, the task, channels, bytes as 0 to 1, sequences and their lengths."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.samples import NO_CLASS, Samples
from playground.data.classes import number_classes
from playground.data.readers.arrays import Header, members, read_member
from playground.data.readers.images import Images
from playground.errors import DataError
from playground.words import joined, sentence

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
        raise DataError(
            sentence(
                "{place} holds one array, the inputs. Choose a file of targets too, or save both with numpy.savez.",
                place=place.name,
            )
        )
    return found, targets or _guess(beside, _TARGETS, other.name, "targets")


def _guess(arrays: dict[str, Header], words: tuple[str, ...], name: str, role: str) -> str:
    if len(arrays) == 1:
        return next(iter(arrays))
    for word in words:
        for array in arrays:
            if array.lower() == word:
                return array
    listed = joined(
        sentence("{array} ({form})", array=array, form="×".join(map(str, header.shape)) or sentence("one number"))
        for array, header in list(arrays.items())[:10]
    )
    raise DataError(
        sentence("{name}: which array holds the {role}? It has {listed}. Name one of these.", name=name, role=role, listed=listed)
    )


def rows_of(place: Path, other: Path, name: str, count: int) -> tuple[np.ndarray | None, str]:
    """The array called `name`, "lengths" or "weights", of either file, and a note on what became of it; None where there is none."""
    for path in dict.fromkeys((place, other)):
        header = members(path).get(name)
        if header is not None and header.shape == (count,):
            return read_member(path, name), sentence(
                "{path} {name} is used as the {name} of the samples.", path=path.name, name=name
            )
        if header is not None:
            form = "×".join(map(str, header.shape)) or sentence("one number")
            return None, sentence(
                "{path} {name} was passed over: it is {form}, not one number for each of {count} samples.",
                path=path.name,
                name=name,
                form=form,
                count=f"{count:,}",
            )
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

    Shapes: x (n, ...), y (n,) or (n, k), (n, steps) where every step has a class or a value, or (n, steps, k) where it has k values;
    classes also of fewer steps, as a decoder gives them; lengths and weights (n,). Raises DataError.
    """
    _check_counts(x, y, names)
    vocabulary = _vocabulary(x, names[0]) if tokens else 0
    inputs = _inputs(x, channels, names[0])
    steps = inputs.shape[1] if tokens or inputs.ndim == 3 else 0
    long = _lengths(lengths, steps)
    heavy = _weights(weights)
    target = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 and task not in ("steps", "step_values") else y
    told: tuple[str, ...] = ()
    if task == "auto":
        task = _task_of(target, steps)
        told = _told_of_none(target, task, names[1])
    features = tuple(f"x{number + 1}" for number in range(inputs.shape[1])) if inputs.ndim == 2 and not tokens else ()
    if task == "steps":
        labels, classes = _labels_of_steps(target, steps, long, names[1])
        return Samples(inputs, labels, "classification", classes, features, (), told, heavy, long, vocabulary)
    if task == "classification":
        labels, classes = number_classes(_labels(target, names[1]), names[1])
        return Samples(inputs, labels, task, classes, features, (), told, heavy, long, vocabulary)
    if task == "step_values":
        values = _values_of_steps(target, steps, long, names[1])
    elif target.ndim > 2:
        raise DataError(
            sentence(
                "{names} has {ndim} axes; one value or one row of values for each sample was expected.",
                names=names[1],
                ndim=target.ndim,
            )
        )
    else:
        values = _finite(target.reshape(len(target), -1), names[1])
    heads = tuple(f"y{number + 1}" for number in range(values.shape[-1]))
    return Samples(inputs, values, "regression", (), features, heads, told, heavy, long, vocabulary)


def _check_counts(x: np.ndarray, y: np.ndarray, names: tuple[str, str]) -> None:
    """Raises DataError for arrays that do not belong together, are empty or too large."""
    if x.ndim < 1 or y.ndim < 1 or len(x) != len(y):
        sizes = sentence("{inputs} and {targets}", inputs=_form(x), targets=_form(y))
        raise DataError(
            sentence(
                "{names} and {names2} must hold the same number of samples; they hold {sizes}.",
                names=names[0],
                names2=names[1],
                sizes=sizes,
            )
        )
    if not x.size or not y.size:
        raise DataError(
            sentence(
                "{value} is empty. One number for each sample or more was expected.", value=names[0] if not x.size else names[1]
            )
        )
    for name, array in zip(names, (x, y), strict=True):
        if array.size > MOST_NUMBERS:
            raise DataError(
                sentence(
                    "{name} holds {size} numbers; at most {most_numbers} can be trained on at once. Save fewer samples.",
                    name=name,
                    size=f"{array.size:,}",
                    most_numbers=f"{MOST_NUMBERS:,}",
                )
            )


def _form(array: np.ndarray) -> str:
    return "×".join(map(str, array.shape)) or sentence("one number")


def _task_of(target: np.ndarray, steps: int) -> str:
    """What whole numbers most likely are: a class for each sample, or one for each step of a sequence; else values, of steps or not."""
    if steps and target.ndim == 3 and target.shape[1] == steps:
        return "step_values"
    if target.dtype.kind not in "biu":
        return "regression"
    if target.ndim == 1:
        return "classification"
    if not steps or target.ndim != 2 or target.shape[1] > steps:
        return "regression"
    return "steps" if _ignores_some(target) or (target.shape[1] == steps and not _is_one_hot(target)) else "regression"


def _ignores_some(target: np.ndarray) -> bool:
    """Whether whole numbers are those of two classes or more, with NO_CLASS where there is none: as values, that would be far off."""
    known = target[target != NO_CLASS]
    return bool(known.size < target.size and known.size and 0 <= known.min() < known.max())


def _told_of_none(target: np.ndarray, task: str, name: str) -> tuple[str, ...]:
    """What is told of whole numbers among which NO_CLASS is: which of the readings was taken, and how to choose another."""
    count = int(np.count_nonzero(target == NO_CLASS)) if target.dtype.kind == "i" else 0
    if not count:
        return ()
    said = {"name": name, "none": str(NO_CLASS), "count": f"{count:,}"}
    if task == "steps":
        text = sentence(
            "{name} is read as a class for each of {steps} steps, and {none}, which stands {count} times, as none. "
            "If these are values, choose them as the task.",
            steps=f"{target.shape[1]:,}",
            **said,
        )
    elif task == "classification":
        text = sentence(
            "{name} holds {none} {count} times, which is read as a class like the others. Where it stands for none, leave these samples out.",
            **said,
        )
    else:
        text = sentence(
            "{name} holds {none} {count} times and is read as values. If they are classes of steps, with {none} for none, the inputs "
            "must be sequences: samples×steps×features, or tokens.",
            **said,
        )
    return (text,)


def _is_one_hot(target: np.ndarray) -> bool:
    return bool(np.isin(target, (0, 1)).all() and (target.sum(axis=1) == 1).all())


def _shapes(target: np.ndarray, steps: int) -> dict[str, str]:
    """What a refusal of targets for every step says of shapes: which was wanted, which it is."""
    wanted = f"{len(target):,}×{steps:,}" if steps else sentence("and inputs of samples×steps or samples×steps×features")
    return {"wanted": wanted, "form": "×".join(map(str, target.shape))}


def _labels_of_steps(target: np.ndarray, steps: int, lengths: np.ndarray | None, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Ranks of the class numbers, NO_CLASS where that is given or where a sequence has ended.

    Shapes: (n, steps) or (n, fewer) -> the same; of fewer steps the lengths say nothing.
    """
    if not steps or target.ndim != 2 or target.shape[1] > steps:
        raise DataError(
            sentence(
                "{name} must hold one class number for every step, {wanted}; its shape is {form}.",
                name=name,
                **_shapes(target, steps),
            )
        )
    there = np.asarray(target != NO_CLASS)
    if lengths is not None and target.shape[1] == steps:
        there &= np.arange(steps) < lengths[:, None]
    labels = np.full(target.shape, NO_CLASS, np.int64)
    ranks, classes = number_classes(target[there], name)
    labels[there] = ranks
    return labels, classes


def _values_of_steps(target: np.ndarray, steps: int, lengths: np.ndarray | None, name: str) -> np.ndarray:
    """The values, 0 where a sequence has ended. Shapes: (n, steps) or (n, steps, k) -> (n, steps, 1 or k)."""
    if not steps or target.ndim not in (2, 3) or target.shape[1] != steps:
        raise DataError(
            sentence(
                "{name} must hold a value or a row of values for every step, {wanted}; its shape is {form}.",
                name=name,
                **_shapes(target, steps),
            )
        )
    values = target.reshape(len(target), steps, -1)
    if lengths is not None:
        values = np.where(np.arange(steps)[:, None] < lengths[:, None, None], values, 0)
    return _finite(values, name)


def _vocabulary(x: np.ndarray, name: str) -> int:
    """How many tokens there may be: one more than the greatest. Raises DataError for numbers that are none."""
    if x.ndim > 2:
        raise DataError(sentence("{name} has {ndim} axes; tokens need two: samples, steps.", name=name, ndim=x.ndim))
    rows = x.reshape(len(x), -1)
    with np.errstate(invalid="ignore"):
        bad = ~((rows >= 0) & (rows < MOST_TOKENS) & (rows == np.floor(rows))).all(axis=1)
    if bad.any():
        raise DataError(
            sentence(
                "{name}: tokens must be whole numbers from 0 to {most_tokens}; {bad} samples hold others, the first is "
                "sample {bad2}. Number the words first, or turn tokens off.",
                name=name,
                most_tokens=f"{MOST_TOKENS - 1:,}",
                bad=f"{bad.sum():,}",
                bad2=f"{bad.argmax() + 1:,}",
            )
        )
    return int(x.max()) + 1


def _lengths(lengths: np.ndarray | None, steps: int) -> np.ndarray | None:
    if lengths is None:
        return None
    if not steps:
        raise DataError(
            sentence("The file holds lengths, and the inputs are no sequences: samples×steps×features, or tokens, was expected.")
        )
    with np.errstate(invalid="ignore"):
        bad = ~((lengths >= 1) & (lengths <= steps) & (lengths == np.floor(lengths)))
    if bad.any():
        at = int(bad.argmax())
        raise DataError(
            sentence(
                "The lengths must be whole numbers from 1 to the {steps} steps; that of sample {at} is {lengths}.",
                steps=f"{steps:,}",
                at=f"{at + 1:,}",
                lengths=f"{lengths[at]:g}",
            )
        )
    return lengths.astype(np.int64)


def _weights(weights: np.ndarray | None) -> np.ndarray | None:
    if weights is None:
        return None
    found = weights.astype(np.float32)
    bad = ~(np.isfinite(found) & (found >= 0))
    if bad.any():
        at = int(bad.argmax())
        raise DataError(
            sentence(
                "The weights must be finite and at least 0; that of sample {at} is {weights}.",
                at=f"{at + 1:,}",
                weights=f"{weights[at]:g}",
            )
        )
    if not found.any():
        raise DataError(sentence("All weights are 0: no sample would count. Give some of them a weight above 0."))
    return found


def samples_of_images(images: Images, folder: Path) -> Samples:
    """Samples of an image folder; what was left out stands in the notes. Raises DataError."""
    found = np.bincount(images.label, minlength=len(images.names))
    absent = [name for name, count in zip(images.names, found, strict=True) if not count]
    listed = joined((joined((bad.path.relative_to(folder), bad.reason), ": ") for bad in images.bad[:3]), "; ")
    more = sentence("; and {count} more", count=f"{len(images.bad) - 3:,}") if len(images.bad) > 3 else ""
    if absent:
        why = sentence(" {listed}{more}.", listed=listed, more=more) if listed else ""
        raise DataError(
            sentence(
                "{folder}: no picture could be read in {absent}.{why} Put pictures there or remove the folder.",
                folder=folder.name,
                absent=", ".join(absent[:5]),
                why=why,
            )
        )
    notes = []
    if images.bad:
        notes.append(
            sentence(
                "{bad_count} of {bad_count2} pictures were left out. {listed}{more}.",
                bad_count=f"{len(images.bad):,}",
                bad_count2=f"{len(images.bad) + len(images.x):,}",
                listed=listed,
                more=more,
            )
        )
    if images.ignored:
        notes.append(
            sentence("{ignored} files are no pictures by their ending and were passed over.", ignored=f"{images.ignored:,}")
        )
    return Samples(images.x, images.label, "classification", images.names, notes=tuple(notes))


def _inputs(x: np.ndarray, channels: str, name: str) -> np.ndarray:
    """Shapes: (n,) -> (n, 1); (n, h, w) of bytes -> (n, h, w, 1); (n, c, h, w) -> (n, h, w, c) where channels come first."""
    if x.ndim > 4:
        raise DataError(
            sentence("{name} has {ndim} axes; at most 4 were expected: samples, height, width, channels.", name=name, ndim=x.ndim)
        )
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
            sentence(
                "{name}: {bad} samples hold NaN, an infinity or a number above 3.4e38; the first is sample {bad2}. Mend "
                "these samples or leave them out.",
                name=name,
                bad=f"{bad.sum():,}",
                bad2=f"{bad.argmax() + 1:,}",
            )
        )
    return small


def _labels(target: np.ndarray, name: str) -> np.ndarray:
    if target.ndim == 1:
        return target
    if target.ndim == 2 and _is_one_hot(target):
        return np.asarray(target.argmax(axis=1))
    shape = "×".join(map(str, target.shape))
    raise DataError(
        sentence(
            "{name} must hold one class number for each sample, or rows with a single 1; its shape is {shape}.",
            name=name,
            shape=shape,
        )
    )
