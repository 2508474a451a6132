"""The small real data sets that come with scikit-learn; it is imported only when one of them is asked for (about a second)."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from playground.core.samples import Samples


def bundled(loader: str) -> Any:
    """What `sklearn.datasets.<loader>()` gives."""
    # By name, so that nothing that only lists the catalogue loads scikit-learn.
    return getattr(importlib.import_module("sklearn.datasets"), loader)()


def classification(loader: str) -> Samples:
    found = bundled(loader)
    names = tuple(str(name) for name in found.target_names)
    features = tuple(str(name) for name in found.feature_names)
    return Samples(found.data.astype(np.float32), found.target.astype(np.int64), "classification", names, features)
