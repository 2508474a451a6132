"""The made and the bundled sets against scikit-learn's, and what each is meant to show."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets as oracle
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from playground.catalog.datasets.circles import Circles
from playground.catalog.datasets.diabetes import Diabetes
from playground.catalog.datasets.digits import Digits
from playground.catalog.datasets.gaussians import Gaussians
from playground.catalog.datasets.moons import Moons
from playground.catalog.datasets.regression_curve import RegressionCurve
from playground.catalog.datasets.regression_plane import RegressionPlane
from playground.catalog.datasets.spirals import Spirals
from playground.catalog.datasets.xor import Xor
from playground.core import registry
from playground.data.describe import describe


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_bundled_tables_are_scikit_learns(name: str) -> None:
    samples, expected = registry.find("dataset", name)().load(), getattr(oracle, f"load_{name}")()
    np.testing.assert_array_equal(samples.x, expected.data.astype(np.float32))
    np.testing.assert_array_equal(samples.y, expected.target)
    assert samples.class_names == tuple(expected.target_names)
    assert samples.feature_names == tuple(expected.feature_names)


@pytest.mark.parametrize("name", ["iris", "digits", "diabetes"])
def test_bundled_tables_are_the_same_where_their_files_are_not_known(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = registry.find("dataset", name)().load()
    monkeypatch.setattr("playground.data.bundled._file", lambda name: None)
    other = registry.find("dataset", name)().load()
    np.testing.assert_array_equal(usual.x, other.x)
    np.testing.assert_array_equal(usual.y, other.y)
    assert usual.class_names == other.class_names


def test_diabetes_and_digits_are_scikit_learns() -> None:
    expected = oracle.load_diabetes()
    np.testing.assert_array_equal(Diabetes().load().y[:, 0], expected.target.astype(np.float32))
    np.testing.assert_array_equal(Diabetes().load().x, expected.data.astype(np.float32))
    assert Diabetes().load().feature_names == tuple(expected.feature_names)
    digits = oracle.load_digits()
    np.testing.assert_array_equal(Digits().load().x[..., 0], digits.images.astype(np.float32))
    np.testing.assert_array_equal(Digits().load().y, digits.target)


@pytest.mark.parametrize("count", [10, 31, 400])
def test_moons_and_circles_without_noise_are_scikit_learns(count: int) -> None:
    """As sets of labelled points: the order within a class is free."""
    outer = -(-count // 2), count // 2
    for mine, (x, y) in (
        (Moons(samples=count, noise=0.0).load(), oracle.make_moons(outer, shuffle=False)),
        (Circles(samples=count, noise=0.0, ratio=0.3).load(), oracle.make_circles(outer, shuffle=False, factor=0.3)),
    ):
        np.testing.assert_allclose(mine.x, x, atol=1e-6)
        np.testing.assert_array_equal(mine.y, y)


@pytest.mark.parametrize("record", [Moons(), Circles(), Spirals(), Spirals(classes=5, samples=1500, turns=1.0), Xor()])
def test_curved_sets_can_be_learnt_but_not_by_a_straight_line(record) -> None:
    samples = record.load()
    order = np.random.default_rng(0).permutation(samples.count)
    learn, judge = order[::2], order[1::2]
    near = KNeighborsClassifier(5).fit(samples.x[learn], samples.y[learn]).score(samples.x[judge], samples.y[judge])
    line = LogisticRegression().fit(samples.x, samples.y).score(samples.x, samples.y)
    assert near > 0.95
    assert line < near - 0.05


def test_gaussians_are_separable_until_they_alternate() -> None:
    alone, mixed = Gaussians(spread=0.2).load(), Gaussians(spread=0.1, clusters=3).load()
    assert LogisticRegression().fit(alone.x, alone.y).score(alone.x, alone.y) > 0.97
    assert LogisticRegression().fit(mixed.x, mixed.y).score(mixed.x, mixed.y) < 0.8
    assert np.allclose(alone.x[alone.y == 0].std(axis=0), 0.2, atol=0.03)


@pytest.mark.parametrize("record", [Moons, Circles, Spirals, Xor, Gaussians])
def test_classes_are_balanced(record) -> None:
    counts = [count for _, count in describe(record(samples=101).load()).classes]
    assert sum(counts) == 101
    assert max(counts) - min(counts) <= 1


def test_noise_has_the_spread_it_says() -> None:
    clean, noisy = (Moons(samples=20_000, noise=noise).load().x for noise in (0.0, 0.25))
    np.testing.assert_allclose((noisy - clean).std(axis=0), 0.25, rtol=0.03)
    clean, noisy = (RegressionCurve(samples=20_000, noise=noise).load().y for noise in (0.0, 0.25))
    np.testing.assert_allclose((noisy - clean).std(), 0.25, rtol=0.03)


def test_surfaces_are_what_they_are_called() -> None:
    plane = RegressionPlane(noise=0.0).load()
    assert LinearRegression().fit(plane.x, plane.y).score(plane.x, plane.y) > 0.9999
    saddle = RegressionPlane(function="saddle", noise=0.0).load()
    np.testing.assert_allclose(saddle.y[:, 0], saddle.x[:, 0] * saddle.x[:, 1], atol=1e-6)


def test_the_bits_of_a_seed_are_kept() -> None:
    """Philox draws: these numbers were written down once; a change would silently make every saved toy another one."""
    np.testing.assert_allclose(
        Moons(samples=10, seed=7).load().x[:3].ravel(),
        [0.7894654, 0.1272629, 0.9034088, 0.5236172, 0.033857, 1.0144306],
        atol=1e-6,
    )
    np.testing.assert_allclose(
        Xor(samples=20, seed=7).load().x[:3].ravel(),
        [0.4953766, 0.4548385, -0.1817987, -0.5363871, 0.1456777, 0.7721986],
        atol=1e-6,
    )
