"""The small real data sets that come with scikit-learn, read from the files that it brings.

Importing scikit-learn takes a second, and nothing of it is needed to read a table, so that is done only where the files are not as they
were known here.
"""

from __future__ import annotations

import dataclasses
import gzip
import importlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from playground.core.samples import Samples

_MEANS = (
    "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points", "symmetry",
    "fractal dimension",
)  # fmt: skip
#: Loader -> its file and the names of the columns, which the files themselves lack.
TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "load_iris": ("iris.csv", ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")),
    "load_wine": (
        "wine_data.csv",
        ("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids", "nonflavanoid_phenols",
         "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines", "proline"),
    ),
    "load_breast_cancer": (
        "breast_cancer.csv",
        (*(f"mean {name}" for name in _MEANS), *(f"{name} error" for name in _MEANS), *(f"worst {name}" for name in _MEANS)),
    ),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Table:
    """Shapes: data (n, features) float64, target (n,) int64, or float64 for a regression."""

    data: np.ndarray
    target: np.ndarray
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]

    @property
    def images(self) -> np.ndarray:
        """Of the digits. Shapes: (n, 8, 8)."""
        return self.data.reshape(-1, 8, 8)


def bundled(loader: str) -> Any:
    """What `sklearn.datasets.<loader>()` gives, or a `Table` of the same numbers and names."""
    own = {"load_digits": _digits, "load_diabetes": _diabetes}.get(loader)
    found = own() if own is not None else _table(*TABLES[loader]) if loader in TABLES else None
    if found is not None:
        return found
    # By name, so that nothing that only lists the catalogue loads scikit-learn.
    return getattr(importlib.import_module("sklearn.datasets"), loader)()


def classification(loader: str) -> Samples:
    found = bundled(loader)
    names = tuple(str(name) for name in found.target_names)
    features = tuple(str(name) for name in found.feature_names)
    return Samples(found.data.astype(np.float32), found.target.astype(np.int64), "classification", names, features)


def _file(name: str) -> Path | None:
    """One of scikit-learn's files of data, None where it is not there."""
    spec = importlib.util.find_spec("sklearn")
    places = spec.submodule_search_locations if spec is not None else None
    path = Path(next(iter(places))) / "datasets" / "data" / name if places else None
    return path if path is not None and path.is_file() else None


def _table(name: str, features: tuple[str, ...]) -> Table | None:
    """A file whose first line has the counts of rows and columns and the names of the classes; the last column is the class."""
    path = _file(name)
    if path is None:
        return None
    with path.open(encoding="utf-8") as file:
        rows, columns, *names = file.readline().strip().split(",")
        numbers = np.loadtxt(file, delimiter=",", ndmin=2)
    if numbers.shape != (int(rows), int(columns) + 1) or len(features) != int(columns):
        return None
    return Table(numbers[:, :-1], numbers[:, -1].astype(np.int64), features, tuple(names))


def _digits() -> Table | None:
    """Pixels row by row, then the digit."""
    path = _file("digits.csv.gz")
    if path is None:
        return None
    with gzip.open(path, "rt", encoding="utf-8") as file:
        numbers = np.loadtxt(file, delimiter=",", ndmin=2)
    if numbers.shape[1] != 65:
        return None
    names = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
    return Table(numbers[:, :-1], numbers[:, -1].astype(np.int64), names, tuple(str(digit) for digit in range(10)))


def _diabetes() -> Table | None:
    """Each column scaled to mean 0 and length 1, as `sklearn.datasets.load_diabetes` does."""
    paths = [_file(f"diabetes_{part}.csv.gz") for part in ("data_raw", "target")]
    if None in paths:
        return None
    raw, target = (np.loadtxt(path) for path in paths if path is not None)
    if raw.shape != (442, 10) or target.shape != (442,):
        return None
    data = (raw - raw.mean(axis=0)) / raw.std(axis=0) / len(raw) ** 0.5
    return Table(data, target, ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"), ())
