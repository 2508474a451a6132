"""Axes, thinning and smoothing against their plain definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from playground.training.areas.epochs import EPOCH_COLUMNS
from playground.training.board import BoardPlan
from playground.training.history import Epochs, Growing
from playground.ui.plots.axis import Axis, apiece, around, evenly, measured, short
from playground.ui.plots.curves import EpochColumn
from playground.ui.plots.series import dashed, polygon
from playground.ui.plots.smoothing import Smoother
from playground.ui.plots.thinning import Extremes, Greatest, every, extremes, runs_of_holes, window

SERIES = hnp.arrays(
    np.float32,
    st.integers(0, 900),
    elements=st.floats(-1e6, 1e6, width=32, allow_nan=False) | st.sampled_from([math.nan, math.inf, -math.inf]),
)


def averaged(y: np.ndarray, a: float) -> np.ndarray:
    """The definition, one value after another."""
    top = bottom = 0.0
    out = []
    for value in y.astype(float):
        good = math.isfinite(value)
        top, bottom = a * top + (value if good else 0.0), a * bottom + good
        out.append(top / bottom if good else math.nan)
    return np.array(out)


@settings(max_examples=60, deadline=None)
@given(SERIES, st.sampled_from([0.0, 0.5, 0.97, 0.999]), st.integers(1, 400))
def test_smoothing_is_the_bias_corrected_average_however_the_data_comes(y: np.ndarray, a: float, piece: int) -> None:
    x, smoother = np.arange(len(y), dtype=float), Smoother(a)
    for end in range(piece, len(y), piece):
        smoother.of(x[:end], y[:end])
    np.testing.assert_allclose(smoother.of(x, y), averaged(y, a), rtol=1e-9, atol=1e-6)


def test_smoothing_starts_at_the_first_value_and_forgets_a_run_that_began_anew() -> None:
    smoother = Smoother(0.9)
    assert smoother.of(np.array([1.0]), np.array([5.0]))[0] == 5.0
    assert smoother.of(np.array([7.0]), np.array([2.0]))[0] == 2.0
    smoother.of(np.arange(1.0, 5.0), np.array([1.0, 1.0, 1.0, 9.0]))
    np.testing.assert_allclose(
        smoother.of(np.arange(1.0, 6.0), np.ones(5)), np.ones(5)
    )  # rewound, and the fourth step came out otherwise
    np.testing.assert_allclose(smoother.of(np.arange(1.0, 3.0), np.array([3.0, 3.0])), [3.0, 3.0])


@settings(max_examples=80, deadline=None)
@given(SERIES, st.integers(1, 60))
def test_thinning_keeps_every_buckets_least_and_greatest_and_the_order(y: np.ndarray, buckets: int) -> None:
    x = np.arange(len(y), dtype=float)
    found_x, found_y = extremes(x, y, buckets)
    assert (np.diff(found_x) >= 0).all()
    np.testing.assert_array_equal(found_y, y[found_x.astype(int)])
    k = -(-len(y) // buckets)
    if k >= 3:
        assert len(found_x) <= 3 * buckets + 4
        for start in range(0, len(y) // k * k, k):
            part = y[start : start + k]
            kept = found_y[(found_x >= start) & (found_x < start + k)]
            good = part[np.isfinite(part)]
            if len(good):
                assert good.min() in kept
                assert good.max() in kept
            assert np.isfinite(part).all() == np.isfinite(kept).all()


@settings(max_examples=60, deadline=None)
@given(SERIES, st.integers(1, 60), st.integers(1, 300), st.integers(0, 899))
def test_a_series_that_grows_is_thinned_as_if_it_had_come_at_once(y: np.ndarray, buckets: int, piece: int, back: int) -> None:
    """Also where it is rewound on the way and goes on otherwise. Every bucket's least and greatest are kept, as those of `extremes` are."""
    x, thinned, greatest = np.arange(len(y), dtype=float), Extremes(), Greatest()
    rows = Growing(np.zeros((0, 2)), 0)
    for end in range(piece, len(y), piece):
        rows.add(np.stack([x[len(rows) : end], -y[len(rows) : end].astype(float)], 1))
        thinned.of(rows.rows[:, 0], rows.rows[:, 1], buckets)
        greatest.of(rows.rows[:, 1])
    rows.cut(min(back, len(rows)) - 1)
    for end in (*range(piece, len(y), piece), len(y)):
        rows.add(np.stack([x[len(rows) : end], y[len(rows) : end].astype(float)], 1))
        found = thinned.of(rows.rows[:, 0], rows.rows[:, 1], buckets)
        highest = greatest.of(rows.rows[:, 1])
    whole = rows.rows[:, 1].copy()
    at_once = Extremes().of(x, whole, buckets)
    np.testing.assert_array_equal(found[0], at_once[0])
    np.testing.assert_array_equal(found[1], at_once[1])
    assert highest == max(whole[np.isfinite(whole)], default=-math.inf)
    each = 1
    while each * buckets < len(y):
        each *= 2
    assert len(found[0]) <= (2 * buckets if each < 3 else 3 * buckets + 4)
    for start in range(0, len(y) // each * each, each):
        kept, part = found[1][(found[0] >= start) & (found[0] < start + each)], whole[start : start + each]
        good = part[np.isfinite(part)]
        assert not len(good) or {good.min(), good.max()} <= set(kept.tolist())
        assert np.isfinite(part).all() == np.isfinite(kept).all()


def epoch_rows(count: int, first: int = 1, shift: float = 0.0) -> np.ndarray:
    """Rows of the board: step 5 of each epoch, a metric of both parts; every third epoch has no validation loss, and one has a number that is none."""
    rows = np.zeros((count, len(EPOCH_COLUMNS) + 2))
    number = np.arange(first, first + count)
    named = {"epoch": number, "step": 5 * number, "train_loss": 1 / number + shift, "validation_loss": 2 / number + shift,
             "rate": 0.1 + 0 * number, "best": np.where(number % 3 == 0, -1.0, number % 2)}  # fmt: skip
    for name, values in named.items():
        rows[:, EPOCH_COLUMNS.index(name)] = values
    rows[:, -2] = np.where(number == 7, math.nan, number)
    rows[:, -1] = rows[:, -2] / 2
    return rows


@pytest.mark.parametrize(
    ("what", "table"),
    [("train_loss", ""), ("validation_loss", ""), ("rate", ""), ("accuracy", "metrics"), ("accuracy", "train_metrics")],
)
def test_a_column_of_epochs_is_that_of_their_records_however_they_come(what: str, table: str) -> None:
    plan = BoardPlan(state_bytes=0, layers=(), metrics=("accuracy",), outputs=0, train_metrics=("accuracy",))
    column, known = EpochColumn(what, table), Growing(np.zeros((0, len(EPOCH_COLUMNS) + 2)), 1, 2)
    #: Pieces, one that goes back to epoch 30, and at last a list that was thinned.
    pieces = [epoch_rows(4), epoch_rows(3, 5), epoch_rows(60, 8), epoch_rows(50, 30, 0.25), epoch_rows(1, 80, 0.25)]
    for rows in pieces:
        known.add(rows)
        records = list(Epochs(known.rows, plan))
        wanted = [(r.step, v) for r in records if (v := getattr(r, table).get(what) if table else getattr(r, what)) is not None]
        for epochs in (Epochs(known.rows, plan), records):
            steps, values = (column if epochs is not records else EpochColumn(what, table)).of(epochs)
            np.testing.assert_array_equal(np.stack([steps, values], 1), np.array(wanted, float))
    assert column.of(Epochs(known.rows, plan)) is column.of(Epochs(known.rows, plan))
    assert known.thin(40)
    assert len(column.of(Epochs(known.rows, plan))[0]) == len(EpochColumn(what, table).of(list(Epochs(known.rows, plan)))[0])
    assert [len(one) for one in EpochColumn("nothing", "metrics").of(Epochs(known.rows, plan))] == [0, 0]


def test_epochs_are_records_that_stay_as_they_were() -> None:
    plan = BoardPlan(state_bytes=0, layers=(), metrics=("accuracy",), outputs=0, train_metrics=("accuracy",))
    known = Growing(np.zeros((0, len(EPOCH_COLUMNS) + 2)), 1)
    known.add(epoch_rows(5))
    epochs = Epochs(known.rows, plan)
    first = list(epochs)
    known.add(epoch_rows(9, 3, 1.0))
    assert epochs == first
    assert first == epochs
    assert epochs != first[:4]
    assert (epochs[-1].epoch, epochs[2].validation_loss, epochs[1].metrics) == (5, None, {"accuracy": 2.0})
    assert [record.epoch for record in epochs[1:3]] == [2, 3]


@given(st.integers(1, 5000), st.integers(2, 1000))
def test_every_kth_point_keeps_the_ends(n: int, most: int) -> None:
    x = np.arange(n, dtype=float)
    found, _ = every(x, x, most)
    assert len(found) <= max(most, 1) or n <= most
    assert (found[0], found[-1]) == (0, n - 1)


def test_a_window_holds_one_more_point_on_either_side() -> None:
    x = np.arange(10.0)
    assert x[window(x, 3.5, 6.5)].tolist() == [3, 4, 5, 6, 7]
    assert x[window(x, -5, 50)].tolist() == x.tolist()


def test_holes_are_told_once_for_each_run() -> None:
    y = np.array([1, math.nan, math.nan, 2, math.inf, 3], np.float32)
    assert runs_of_holes(np.arange(6.0), y).tolist() == [1.0, 4.0]
    assert len(runs_of_holes(np.arange(3.0), np.ones(3))) == 0


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_linear_ticks_are_round_few_and_inside(low: float, span: float, most: int) -> None:
    axis = Axis(low, low + span)
    ticks = axis.ticks(most)
    assert len(ticks) <= most
    assert all(low - 1e-6 * span <= tick <= low + span + 1e-6 * span for tick in ticks)


@given(st.floats(-12, 6), st.floats(0.05, 12), st.integers(2, 12))
def test_logarithmic_ticks_are_inside_and_not_too_many(low: float, decades: float, most: int) -> None:
    axis = Axis(10.0**low, 10.0 ** (low + decades), True)
    ticks = axis.ticks(most)
    assert len(ticks) <= most
    assert all(axis.low * 0.999 <= tick <= axis.high * 1.001 for tick in ticks)


@pytest.mark.parametrize("axis", [Axis(-2.0, 6.0), Axis(1e-3, 10.0, True)])
def test_place_and_value_are_inverse(axis: Axis) -> None:
    for part in (0.0, 0.25, 1.0, 1.5):
        assert float(axis.place(axis.value(part))) == pytest.approx(part)


def test_an_axis_holds_the_finite_values_and_survives_constants() -> None:
    axis = around([np.array([1.0, math.nan, 3.0]), np.array([math.inf])])
    assert axis is not None
    assert axis.low < 1.0
    assert axis.high > 3.0
    assert around([np.array([math.nan])]) is None
    for log in (False, True):
        flat = around([np.array([0.5, 0.5])], log)
        assert flat is not None
        assert flat.low < 0.5 < flat.high


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1250, "1,250"), (999.6, "1,000"), (0.03, "0.03"), (2e-5, "2e-5"), (-2e-5, "−2e-5"), (1.5e7, "1.5e7"), (0.0112, "0.0112"),
     (math.nan, "not finite"), (math.inf, "∞"), (-3.25, "−3.25")],
)  # fmt: skip
def test_numbers_in_a_few_characters(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.67, "0.670"), (1.2, "1.20"), (-0.5, "−0.500"), (0.05, "0.0500"), (48.1, "48.1"), (123.0, "123"), (999.6, "1,000"), (2e-5, "2e-5"), (0, "0"),
     (0.0009999, "0.00100"), (math.nan, "not finite")],
)  # fmt: skip
def test_results_end_alike(value: float, text: str) -> None:
    assert measured(value) == text


def test_dashes_have_their_lengths_along_a_bent_line() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [30.0, 10.0]])
    pieces = dashed(points, (7.0, 3.0))
    lengths = np.hypot(*(pieces[:, 1] - pieces[:, 0]).T)
    assert lengths.sum() == pytest.approx(28.0)
    assert polygon(pieces.reshape(-1, 2)).size() == 2 * len(pieces)


def test_a_run_that_blows_up_leaves_what_came_before_readable() -> None:
    values = np.concatenate([np.geomspace(1.0, 0.1, 200), [1e9, 1e23]])
    axis = around([values], log=True)
    assert axis.low < 0.1
    assert 1e3 < axis.high < 1e9


@pytest.mark.parametrize(
    ("values", "texts"),
    [([1.1401, 1.1402, 1.1403], ["1.1401", "1.1402", "1.1403"]), ([0.1, 0.2], ["0.1", "0.2"]), ([], []), ([1000.0, 2000.0], ["1,000", "2,000"])],
)  # fmt: skip
def test_no_two_ticks_say_the_same(values: list[float], texts: list[str]):
    assert apiece(values) == texts


def test_ends_of_an_axis_have_as_many_decimals():
    assert evenly((0.5, -0.123)) == ["0.500", "−0.123"]
    assert evenly((2.0, 0.0)) == ["2", "0"]
    assert evenly((2.0, 1e-7)) == ["2", "1e-7"]


@pytest.mark.parametrize("log", [False, True])
def test_one_number_in_single_precision_has_room_around_it(log: bool):
    axis = around([np.array([1.14]), np.array([1.14], np.float32).astype(float)], log)
    assert axis is not None
    assert axis.high - axis.low > 0.1
    tiny = around([np.array([1e-6, 1.1e-6])], log)
    assert tiny is not None
    assert tiny.high < 1.2e-6
