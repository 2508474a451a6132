"""Splits: every sample once, exact shares, equal shares of the classes, the same everywhere, and nothing learnt from what is kept aside."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from playground.core.samples import Samples
from playground.data.prepare import prepare
from playground.data.split import allot, part_sizes, permutation, split
from playground.errors import DataError


def labelled(y: np.ndarray) -> Samples:
    x = np.arange(len(y), dtype=np.float32)[:, None] * [1, -2] + [0, 5]
    return Samples(x.astype(np.float32), y.astype(np.int64), "classification", tuple(f"c{i}" for i in range(y.max() + 1)))


@settings(max_examples=200, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=8).filter(lambda sizes: sum(sizes) >= 6),
    validation=st.integers(0, 9),
    test=st.integers(0, 9),
    seed=st.integers(0, 2**31 - 1),
    stratified=st.booleans(),
)
def test_every_sample_is_in_exactly_one_part(sizes: list[int], validation: int, test: int, seed: int, stratified: bool) -> None:
    y = np.repeat(np.arange(len(sizes)), sizes)
    shares = validation / 20, test / 20
    try:
        expected = part_sizes(len(y), *shares)
    except DataError:
        return
    parts = split(len(y), *shares, seed=seed, classes=y if stratified else None)
    assert [len(part) for part in parts] == list(expected)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(y)))
    assert all(np.all(np.diff(part) > 0) for part in parts)
    if stratified:
        counts = np.array([np.bincount(y[part], minlength=len(sizes)) for part in parts])
        spare = sum(size - 1 for size in sizes if size) >= len(y) - expected[0]
        if spare:
            assert all(counts[0][np.array(sizes) > 0] > 0), "a class is missing from training although there were enough of it"
        if min(sizes) >= 20:
            ideal = np.outer([len(part) / len(y) for part in parts], sizes)
            assert np.abs(counts - ideal).max() < 2


@given(sizes=st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any), share=st.floats(0, 1))
@settings(max_examples=300, deadline=None)
def test_allotments_are_exact_and_within_one_of_the_ideal(sizes: list[int], share: float) -> None:
    have = np.array(sizes)
    wanted = int(share * have.sum())
    taken = allot(have, wanted)
    assert taken.sum() == wanted
    assert np.all((taken >= 0) & (taken <= have))
    if np.all(have * (have.sum() - wanted) >= 2 * have.sum()):
        assert np.abs(taken - have * wanted / have.sum()).max() < 1


@pytest.mark.parametrize("share", [0.1, 0.15, 0.2, 0.25, 1 / 3, 0.5])
@pytest.mark.parametrize("count", [10, 20, 150, 178, 569, 1797])
def test_sizes_are_those_of_scikit_learn(count: int, share: float) -> None:
    train, kept = train_test_split(np.arange(count), test_size=share, random_state=0)
    assert part_sizes(count, share, 0) == (len(train), len(kept), 0)


def test_shares_of_the_classes_are_those_of_scikit_learn() -> None:
    y = np.repeat([0, 1, 2], [212, 357, 40])
    _, kept = train_test_split(y, test_size=0.25, stratify=y, random_state=0)
    _, validation, _ = split(len(y), 0.25, 0, seed=3, classes=y)
    np.testing.assert_allclose(np.bincount(y[validation]), np.bincount(kept), atol=1)


def test_the_same_on_every_machine() -> None:
    """Raw bits of a counter-based generator and a stable sort: no float takes part, so this hash holds everywhere."""
    order = permutation(10_000, 7).astype("<i8")
    assert hashlib.sha256(order.tobytes()).hexdigest() == "8e64d6fea9f485d211d098df2c0b05263d1c851ddc461aea52271fbe6cd5715b"
    y = np.arange(1000) % 3
    validation = split(1000, 0.2, 0.1, seed=5, classes=y)[1].astype("<i8")
    assert hashlib.sha256(validation.tobytes()).hexdigest() == "1b7086ef1f6f6f84240db8f0ca203b42c895990029d53214cae966b298d839cc"


def test_permutations_are_fair() -> None:
    """Each of five samples comes first about equally often, over 5,000 seeds."""
    first = np.bincount([permutation(5, seed)[0] for seed in range(5000)], minlength=5)
    assert np.abs(first - 1000).max() < 5 * np.sqrt(800)


@pytest.mark.parametrize(
    ("count", "validation", "test", "told"),
    [
        (10, 0.5, 0.5, "below 1"),
        (10, 1.0, 0.0, "below 1"),
        (10, -0.1, 0.0, "below 1"),
        (10, float("nan"), 0.0, "below 1"),
        (2, 0.5, 0.4, "too few"),
        (0, 0.2, 0, "too few"),
    ],
)
def test_impossible_shares_are_refused(count: int, validation: float, test: float, told: str) -> None:
    with pytest.raises(DataError, match=told):
        split(count, validation, test, seed=0)


def test_what_is_kept_aside_changes_nothing_learnt() -> None:
    """Change every kept sample: scalers and training part stay, bit by bit."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 3)).astype(np.float32)
    y = rng.normal(size=(90, 2)).astype(np.float32)
    samples = Samples(x, y, "regression")
    for scaling in ("standardise", "unit", "none"):
        plain = prepare(samples, validation=0.2, test=0.2, scaling=scaling, seed=4)
        assert plain.validation is not None
        assert plain.test is not None
        moved_x, moved_y = x.copy(), y.copy()
        kept = np.concatenate([plain.validation.index, plain.test.index])
        moved_x[kept] += 1000
        moved_y[kept] -= 1000
        moved = prepare(Samples(moved_x, moved_y, "regression"), validation=0.2, test=0.2, scaling=scaling, seed=4)
        assert moved.scaler == plain.scaler
        assert moved.target_scaler == plain.target_scaler
        assert moved.train.x.tobytes() == plain.train.x.tobytes()
        assert moved.train.y.tobytes() == plain.train.y.tobytes()
        np.testing.assert_allclose(plain.scaler.invert(plain.train.x), x[plain.train.index], atol=1e-5)
        np.testing.assert_allclose(plain.target_scaler.invert(plain.test.y), y[plain.test.index], atol=1e-5)


def test_parts_of_share_zero_are_none_and_classes_are_left_alone() -> None:
    samples = labelled(np.arange(30) % 3)
    found = prepare(samples, validation=0, test=0)
    assert found.validation is None
    assert found.test is None
    np.testing.assert_array_equal(found.train.y, samples.y)
    assert found.target_scaler.to_dict()["scaling"] == "none"


def test_notes_name_missing_classes_and_constant_inputs() -> None:
    y = np.array([0] * 50 + [1])
    x = np.stack([np.arange(51), np.full(51, 7)], axis=1).astype(np.float32)
    found = prepare(Samples(x, y, "classification", ("often", "rare"), ("a", "b")), validation=0.2)
    assert "The same value in every training sample: b." in found.notes
    assert "No sample in the validation part: rare." in found.notes


@pytest.mark.parametrize("where", ["x", "y"])
def test_numbers_that_are_none_are_refused_with_their_place(where: str) -> None:
    x, y = np.zeros((9, 2), np.float32), np.zeros((9, 1), np.float32)
    (x if where == "x" else y)[4, 0] = np.nan
    with pytest.raises(DataError, match=r"1 samples have .* the first is sample 5"):
        prepare(Samples(x, y, "regression"))
