"""Sequences on their way to a run: padding, tokens, a class for every step, and the hash that a run is known by."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from playground.core.samples import NO_CLASS, Samples
from playground.data.describe import describe
from playground.data.prepare import prepare
from playground.document.project import Project
from playground.errors import DataError
from playground.training import payload, run_record


@pytest.fixture
def amounts() -> Samples:
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 7, 40)
    x = rng.normal(5, 3, (40, 6, 2)).astype(np.float32)
    x[np.arange(6) >= lengths[:, None]] = 0
    return Samples(x, np.arange(40) % 2, "classification", ("a", "b"), ("u", "v"), lengths=lengths)


@pytest.fixture
def tokens() -> Samples:
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, 6, 30)
    there = np.arange(5) < lengths[:, None]
    x = np.where(there, rng.integers(1, 4, (30, 5)), 0).astype(np.float32)
    y = np.where(there, rng.integers(0, 3, (30, 5)), NO_CLASS)
    return Samples(x, y, "classification", ("a", "b", "c"), lengths=lengths, tokens=4, weights=np.ones(30, np.float32))


@pytest.mark.parametrize("scaling", ["standardise", "unit"])
def test_scaling_learns_from_steps_that_are_there_and_leaves_padding_at_zero(amounts: Samples, scaling: str) -> None:
    found = prepare(amounts, validation=0.25, scaling=scaling)
    there = np.arange(6) < found.train.lengths[:, None]
    assert (found.train.x[~there] == 0).all()
    steps = found.train.x[there].astype(float)
    if scaling == "standardise":
        np.testing.assert_allclose(steps.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(steps.std(axis=0), 1, atol=1e-5)
    else:
        np.testing.assert_allclose([steps.min(axis=0), steps.max(axis=0)], [[0, 0], [1, 1]], atol=1e-6)


def test_tokens_and_classes_of_steps_go_through_unchanged(tokens: Samples) -> None:
    found = prepare(tokens, validation=0.2, test=0.1, stratified=True)
    for part in (found.train, found.validation, found.test):
        np.testing.assert_array_equal(part.x, tokens.x[part.index])
        np.testing.assert_array_equal(part.y, tokens.y[part.index])
        np.testing.assert_array_equal(part.lengths, tokens.lengths[part.index])
        np.testing.assert_array_equal(part.weights, tokens.weights[part.index])
    assert found.train.count + found.validation.count + found.test.count == 30


def test_a_class_that_no_step_of_a_part_has_is_noted(tokens: Samples) -> None:
    few = dataclasses.replace(tokens, class_names=("a", "b", "c", "never"))
    assert "No step in the training part: never." in prepare(few).notes


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x": np.full((30, 5), 1.5, np.float32)}, "Tokens must be whole numbers from 0 to 3; 30 samples"),
        ({"x": np.full((30, 5), 4, np.float32)}, "Tokens must be whole numbers from 0 to 3"),
        ({"lengths": np.zeros(30, np.int64)}, "must be 1 to 5; these are 0 to 0"),
        ({"lengths": np.full(30, 6)}, "must be 1 to 5; these are 6 to 6"),
        ({"y": np.full((30, 5), 3)}, "Classes must be 0 to 2, or -100 for none; these are 3 to 3"),
        ({"y": np.full((30, 5), NO_CLASS)}, "nothing to learn"),
        ({"y": np.zeros((30, 6), np.int64)}, "for each of its 5 steps or fewer; these are 30×6"),
        ({"y": np.full(30, -1)}, "Classes must be 0 to 2; these are -1 to -1"),
    ],
)
def test_what_no_run_could_use_is_told(tokens: Samples, changes: dict, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        prepare(dataclasses.replace(tokens, **changes))


def test_figures_are_of_the_steps_that_are_there(amounts: Samples, tokens: Samples) -> None:
    found = describe(amounts)
    there = np.arange(6) < amounts.lengths[:, None]
    assert [column.name for column in found.inputs] == ["u", "v"]
    np.testing.assert_allclose([column.mean for column in found.inputs], amounts.x[there].mean(axis=0), rtol=1e-5)
    figures = describe(tokens)
    assert [column.name for column in figures.inputs] == ["token"]
    assert figures.inputs[0].minimum == 1
    assert sum(count for _, count in figures.classes) == tokens.lengths.sum()


def test_the_hash_covers_all_that_a_run_reads(tokens: Samples) -> None:
    changed = [
        dataclasses.replace(tokens, weights=None),
        dataclasses.replace(tokens, weights=tokens.weights * 2),
        dataclasses.replace(tokens, lengths=None),
        dataclasses.replace(tokens, lengths=np.maximum(tokens.lengths - 1, 1)),
        dataclasses.replace(tokens, tokens=5),
        dataclasses.replace(tokens, weights=None, lengths=None, tokens=0),
    ]
    hashes = [run_record.samples_sha256(samples) for samples in (tokens, *changed)]
    assert len(set(hashes)) == len(hashes)
    assert hashes[0] == run_record.samples_sha256(dataclasses.replace(tokens))


def test_a_worker_gets_the_same_samples(tokens: Samples) -> None:
    _, found = payload.unpack(payload.pack(Project(), tokens), tokens.x, tokens.y)
    assert run_record.samples_sha256(found) == run_record.samples_sha256(tokens)
    assert (found.tokens, found.per_step, found.steps) == (4, True, 5)


def test_values_of_steps_are_scaled_by_the_steps_that_are_there(amounts: Samples) -> None:
    """By hand: mean and spread of the present training steps, padding at 0, back to the values that were given."""
    rng = np.random.default_rng(3)
    present = np.arange(amounts.steps) < amounts.lengths[:, None]
    y = np.where(present[..., None], rng.normal(40, 7, (amounts.count, amounts.steps, 2)), 0).astype(np.float32)
    found = prepare(dataclasses.replace(amounts, y=y, task="regression", class_names=(), target_names=("a", "b")), seed=2)
    there = np.arange(amounts.steps) < found.train.lengths[:, None]
    given = y[found.train.index][there].astype(float)
    np.testing.assert_allclose(found.target_scaler.shift, given.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.target_scaler.spread, given.std(axis=0), rtol=1e-6)
    assert not found.train.y[~there].any()
    np.testing.assert_allclose(found.target_scaler.invert(found.train.y)[there], given, rtol=1e-5)
    described = describe(dataclasses.replace(amounts, y=y, task="regression", class_names=(), target_names=("a", "b")))
    np.testing.assert_allclose([t.mean for t in described.targets], y[present].mean(axis=0), rtol=1e-5)
