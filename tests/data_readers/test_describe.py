"""Figures for the data panel, against NumPy on small hand-made samples."""

from __future__ import annotations

import numpy as np

from playground.core.samples import Samples
from playground.data.describe import describe


def test_columns_and_classes() -> None:
    x = np.array([[1, 5], [2, 5], [np.nan, 5], [4, 5]], np.float32)
    found = describe(Samples(x, np.array([0, 2, 2, 2]), "classification", ("a", "b", "c"), ("age", "size")))
    age, size = found.inputs
    assert (age.name, age.minimum, age.maximum, age.missing, age.distinct) == ("age", 1, 4, 1, 3)
    np.testing.assert_allclose([age.mean, age.spread], [7 / 3, np.std([1, 2, 4])])
    assert (size.spread, size.distinct, size.missing) == (0, 1, 0)
    assert found.classes == (("a", 1), ("b", 0), ("c", 3))
    assert found.targets == ()


def test_values_channels_and_missing_names() -> None:
    x = np.random.default_rng(0).normal(size=(6, 4, 3, 2)).astype(np.float32)
    y = np.arange(12, dtype=np.float32).reshape(6, 2)
    found = describe(Samples(x, y, "regression", target_names=("u", "v")))
    assert [column.name for column in found.inputs] == ["channel 1", "channel 2"]
    np.testing.assert_allclose([c.mean for c in found.inputs], x.mean(axis=(0, 1, 2)), atol=1e-6)
    assert [(c.name, c.minimum, c.maximum) for c in found.targets] == [("u", 0, 10), ("v", 1, 11)]
    assert found.classes == ()


def test_a_column_without_any_number() -> None:
    found = describe(Samples(np.full((3, 1), np.nan, np.float32), np.zeros((3, 1), np.float32), "regression"))
    assert found.inputs[0].missing == 3
    assert found.inputs[0].distinct == 0
