"""Scalers against scikit-learn, on tables, sequences and images, and at the edges of what floats hold."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from playground.data.scaling import SCALINGS, NoScaling, Standardise, Unit, fit, from_dict
from playground.errors import BadValue, DataError

ORACLES = {"standardise": StandardScaler, "unit": MinMaxScaler}


@pytest.mark.parametrize("word", ORACLES)
@pytest.mark.parametrize("rows", [1, 2, 57, 60_000])
def test_tables_are_scaled_as_scikit_learn_does(word: str, rows: int) -> None:
    rng = np.random.default_rng(rows)
    train = (rng.normal(size=(rows, 5)) * [1, 1e-3, 1e4, 1, 0] + [0, 5, -1e5, 1e7, 3]).astype(np.float32)
    other = (rng.normal(size=(31, 5)) * 10).astype(np.float32)
    oracle = ORACLES[word]().fit(train.astype(np.float64))
    mine = fit(word, train)
    for x in (train, other):
        np.testing.assert_allclose(mine.apply(x), oracle.transform(x.astype(np.float64)), rtol=2e-6, atol=2e-6)
    size = np.abs(train).max(axis=0)
    np.testing.assert_allclose(mine.invert(mine.apply(train)) / size, train / size, atol=1e-6)


@pytest.mark.parametrize("shape", [(40, 6, 3), (40, 5, 4, 3), (40, 5, 4, 1)])
@pytest.mark.parametrize("word", ORACLES)
def test_channels_of_sequences_and_images_have_one_pair_each(word: str, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(3, 2, shape).astype(np.float32)
    mine = fit(word, x)
    assert len(mine.shift) == shape[-1]
    flat = x.reshape(-1, shape[-1]).astype(np.float64)
    expected = ORACLES[word]().fit_transform(flat).reshape(shape)
    np.testing.assert_allclose(mine.apply(x), expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("word", SCALINGS)
def test_constant_columns_stay_finite(word: str) -> None:
    for value in (0.0, 1e-30, 0.1, -7.0, 1e30):
        x = np.full((100, 2), value, np.float32)
        scaled = fit(word, x).apply(x)
        assert np.isfinite(scaled).all()
        if word != "none":
            np.testing.assert_array_equal(scaled, 0)


@settings(max_examples=150, deadline=None)
@given(
    x=arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 4)),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    ),
    word=st.sampled_from(sorted(SCALINGS)),
)
def test_any_finite_table_stays_finite(x: np.ndarray, word: str) -> None:
    scaler = fit(word, x)
    scaled = scaler.apply(x)
    assert scaled.dtype == np.float32
    assert np.isfinite(scaled).all()
    assert np.isfinite(scaler.apply(np.full_like(x, np.finfo(np.float32).max))).all()
    if word == "unit":
        assert scaled.min() >= 0
        assert scaled.max() <= 1
    again = from_dict(json.loads(json.dumps(scaler.to_dict(), allow_nan=False)))
    assert again == scaler
    assert again.apply(x).tobytes() == scaled.tobytes()


def test_inputs_are_not_written_to() -> None:
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    x.flags.writeable = False
    for word in SCALINGS:
        fit(word, x).apply(x)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"scaling": "other", "shift": [], "spread": []},
        {"scaling": "standardise", "shift": [1.0], "spread": []},
        {"scaling": "standardise", "shift": [1.0], "spread": [0.0]},
        {"scaling": "standardise", "shift": [1.0], "spread": [-1.0]},
        {"scaling": "standardise", "shift": [float("nan")], "spread": [1.0]},
        {"scaling": "standardise", "shift": ["1"], "spread": [1.0]},
        {"scaling": "standardise", "shift": [True], "spread": [1.0]},
        {"scaling": "standardise", "shift": "1", "spread": "1"},
        {"scaling": "none", "shift": [1.0], "spread": [1.0]},
        {"scaling": "unit", "shift": [], "spread": []},
    ],
)
def test_a_bad_dictionary_is_refused(data: object) -> None:
    with pytest.raises(BadValue, match=r"\.$"):
        from_dict(data)


def test_misuse_is_refused() -> None:
    with pytest.raises(DataError, match="knows 2 columns"):
        Standardise((0.0, 0.0), (1.0, 1.0)).apply(np.zeros((3, 3), np.float32))
    with pytest.raises(DataError, match="at least one training sample"):
        Unit.fit(np.zeros((0, 3), np.float32))
    with pytest.raises(BadValue, match="must be one of"):
        fit("other", np.zeros((1, 1), np.float32))
    assert NoScaling.fit(np.zeros((0, 3))) == NoScaling()
