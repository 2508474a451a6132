"""Activations and histograms of the layers, against NumPy over outputs of the ops' plain formulas; watching changes no number of the run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document.project import Project
from playground.formats.interpreter import observed
from playground.training import probes
from playground.training.areas.activations import ACTIVATION_COLUMNS, ACTIVATIONS
from playground.training.areas.histograms import BINS, HISTOGRAMS
from playground.training.client import Client
from playground.training.layer_history import KINDS, LayerHistory, histogram_places
from playground.training.probes import notes as notes_module
from playground.training.probes.activations import ActivationProbe
from playground.training.probes.histograms import HistogramProbe
from playground.training.probes.looking import Crowd
from playground.training.probes.notes import notes_of
from playground.training.saturation import saturation
from playground.training.spread import DECADES, MOST, even_edges, fill, signed_edges, thinned
from tests.training.networks import NETWORKS, convolutional, of, plain, project
from tests.training.test_norms import run_of
from tests.training.watching import expected, rested, to_end


def deep() -> tuple[Project, Samples]:
    from tests.training.networks import points

    steps: list[Any] = [("dense", {"units": 9}), ("relu", {}), ("dense", {"units": 7}), ("tanh", {}), ("dense", {"units": 3})]
    return project(*steps, batch=16, epochs=3), points()


def smooth() -> tuple[Project, Samples]:
    """Activations that are judged by what they read, the first of them the data themselves."""
    from tests.training.networks import points

    steps: list[Any] = [
        ("silu", {}),
        ("dense", {"units": 9}),
        ("gelu", {"form": "tanh"}),
        ("dense", {"units": 3}),
        ("softmax", {}),
    ]
    return project(*steps, ("dense", {"units": 3}), batch=16, epochs=3), points()


def answers(run: Any, x: np.ndarray) -> dict[str, np.ndarray]:
    """By the ops' plain formulas."""
    tensors = run.machine.parameters() | run.machine.statistics()
    return observed(run.assembled.lowered.graph, tensors, x, {})


@pytest.mark.parametrize("made", [deep(), plain(), convolutional(), smooth()], ids=["deep", "plain", "convolutional", "smooth"])
def test_activations_are_those_of_the_plain_formulas(made: Any) -> None:
    run = run_of(made)
    probe = ActivationProbe(run)  # type: ignore[arg-type]
    run.machine.run(3)
    probe.look(force=True)
    (row,) = run.board[ACTIVATIONS].since(0)[0]
    assert row[0] == 3
    nodes = run.board.plan.nodes
    assert len(nodes) == len(run.assembled.layers)
    train = run.assembled.prepared.train
    x = train.x[np.linspace(0, train.count - 1, min(256, train.count)).round().astype(int)]
    wanted = answers(run, x)
    reads = dict(zip(("data", *nodes)[1:], ("data", *nodes), strict=False))  # one behind the other
    table = row[1:].reshape(len(nodes), len(ACTIVATION_COLUMNS))
    for name, (mean, deviation, dead, saturated) in zip(nodes, table, strict=True):
        y = wanted[name].astype(float)
        assert mean == pytest.approx(y.mean(), rel=1e-4, abs=1e-6)
        assert deviation == pytest.approx(y.std(), rel=1e-4, abs=1e-6)
        source = reads.get(name)
        stuck = saturation(run.assembled.layers[name], wanted[name], x if source == "data" else wanted.get(source or ""))
        assert (dead, saturated) == pytest.approx((stuck.dead, stuck.share) if stuck else (np.nan, np.nan), nan_ok=True)


def test_smooth_activations_far_below_zero_are_saturated() -> None:
    run = run_of(smooth())
    run.machine.parameters()["dense1.bias"][:3] = -1000
    probe = ActivationProbe(run)  # type: ignore[arg-type]
    probe.look(force=True)
    table = run.board[ACTIVATIONS].since(0)[0][0][1:].reshape(-1, len(ACTIVATION_COLUMNS))
    dead, saturated = table[run.board.plan.nodes.index("gelu1")][2:]
    assert dead == pytest.approx(3 / 9)
    assert saturated >= 3 / 9
    assert np.isnan(table[run.board.plan.nodes.index("softmax1"), 2])


def test_a_dead_unit_is_counted() -> None:
    run = run_of(deep())
    run.machine.parameters()["dense1.bias"][:3] = -1000
    probe = ActivationProbe(run)  # type: ignore[arg-type]
    probe.look(force=True)
    row = run.board[ACTIVATIONS].since(0)[0][0]
    place = run.board.plan.nodes.index("relu1")
    assert row[1 + place * len(ACTIVATION_COLUMNS) + ACTIVATION_COLUMNS.index("dead")] == pytest.approx(3 / 9)


@pytest.mark.parametrize("made", [deep(), convolutional()], ids=["deep", "convolutional"])
def test_histograms_are_those_of_numpy(made: Any) -> None:
    run = run_of(made)
    probe = HistogramProbe(run)  # type: ignore[arg-type]
    run.machine.run(2)
    probe.look(force=True)
    history, plan = LayerHistory(), run.board.plan
    history.drain(run.board)
    train = run.assembled.prepared.train
    outputs = answers(run, train.x[np.linspace(0, train.count - 1, min(256, train.count)).round().astype(int)])
    tensors = {"weights": run.machine.parameters(), "gradients": run.machine.gradients()}
    for kind, name in histogram_places(plan):
        found = history.histograms(plan, kind, name)
        assert found is not None
        assert found.steps.tolist() == [2]
        if kind == "activations":
            values = thinned(outputs[name]).astype(float)
        else:
            values = np.concatenate([v.ravel() for key, v in tensors[kind].items() if key.startswith(name + ".")]).astype(float)
        low, high = float(values.min()), float(values.max())
        assert (found.low[0], found.high[0]) == pytest.approx((low, high), rel=1e-4, abs=1e-6)
        assert found.even[0].sum() == found.signed[0].sum() == len(values)
        if kind != "activations":  # those come by another way, with other roundings at the ends of bins
            assert found.even[0].tolist() == np.histogram(values, BINS, (low, high))[0].tolist()
            assert found.signed[0].tolist() == np.histogram(values, signed_edges(low, high))[0].tolist()
        else:
            assert np.abs(found.even[0].astype(int) - np.histogram(values, BINS, (low, high))[0]).sum() <= 0.02 * len(values) + 4


@pytest.mark.parametrize(
    "values",
    [np.zeros(5), np.full(7, 3.0), np.array([-2.0]), np.array([np.nan, 1.0, np.inf, -np.inf]), np.array([]), np.array([1e-30, 1e30]),
     np.random.default_rng(0).normal(size=(3, 5, 7)), -np.abs(np.random.default_rng(1).standard_cauchy(999))],
)  # fmt: skip
def test_odd_tensors_are_counted_too(values: np.ndarray) -> None:
    run = run_of(plain())
    from playground.training.areas.histograms import histogram_row

    row = np.zeros(1, histogram_row(run.board.plan))[0]["of"][0]
    fill(row, values.astype(np.float32))
    good = values.astype(np.float32).ravel()
    good = good[np.isfinite(good)].astype(float)
    assert row["odd"] == values.size - len(good)
    assert row["even"].sum() == row["signed"].sum() == len(good)
    if len(good):
        assert row["even"].tolist() == np.histogram(good, BINS)[0].tolist()


def test_the_ends_of_the_bins() -> None:
    even, signed = even_edges(-1.0, 3.0), signed_edges(-1.0, 3.0)
    assert len(even) == len(signed) == BINS + 1
    assert (even[0], even[-1]) == (-1, 3)
    np.testing.assert_allclose(signed, -signed[::-1])
    assert signed[BINS // 2] == 0
    assert signed[-1] == 3
    assert signed[BINS // 2 + 1] == pytest.approx(3 * 10.0**-DECADES)
    ratios = signed[BINS // 2 + 2 :] / signed[BINS // 2 + 1 : -1]
    np.testing.assert_allclose(ratios, ratios[0])
    assert (np.diff(signed_edges(0.0, 0.0)) > 0).all()


def test_of_large_tensors_every_kth_number_is_counted() -> None:
    assert thinned(np.arange(100)).tolist() == list(range(100))
    found = thinned(np.arange(1_000_000))
    assert MOST / 2 < len(found) <= MOST
    assert (np.diff(found) == found[1]).all()


@pytest.mark.parametrize("name", list(NETWORKS))
def test_looking_into_the_layers_changes_no_number(client: Client, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = NETWORKS[name]()

    def watch(c: Client) -> None:
        c.watch_layers("activations", True)
        c.watch_layers("histograms", True)

    end = to_end(client, made, watch)
    assert end.state_sha256 == expected(made).state_sha256
    found, (layers, nodes) = client.activations(), client.layer_names()
    assert found is not None
    assert found.nodes == nodes
    assert len(found.steps) >= 1
    assert found.steps[-1] == end.step
    assert found.mean.shape == (len(found.steps), len(nodes))
    assert np.isfinite(found.deviation).all()
    for kind in KINDS:
        histograms = client.histograms(kind, (nodes if kind == "activations" else layers)[0])
        assert histograms is not None
        assert histograms.steps[-1] == end.step
        assert histograms.even.sum(axis=1).min() > 0
    assert client.histograms("weights", "nobody") is None


def test_large_networks_are_looked_at_while_somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes.looking, "SMALL", 10)
    run = run_of(plain())
    probe = HistogramProbe(run)  # type: ignore[arg-type]
    probe.look(force=True)
    assert run.board[HISTOGRAMS].written == 0
    probe.crowd.on = True
    probe.look(force=False)
    assert run.board[HISTOGRAMS].written == 0  # the run has to earn it first
    probe.share.soon()
    probe.look(force=False)
    assert run.board[HISTOGRAMS].written == 1
    probe.look(force=True)
    assert run.board[HISTOGRAMS].written == 1  # the same step says nothing new


def test_the_crowd_is_smaller_where_the_layers_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(convolutional())
    whole = len(Crowd(run)._rows)  # type: ignore[arg-type]
    monkeypatch.setattr(probes.looking, "NUMBERS", 1)
    assert len(Crowd(run)._rows) == 8 < whole  # type: ignore[arg-type]


def test_long_histories_are_thinned_from_their_older_half(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(plain())
    history = LayerHistory()
    for step in range(1, 700):
        run.board[ACTIVATIONS].append(np.full((1, 1 + len(ACTIVATION_COLUMNS) * len(run.board.plan.nodes)), float(step)))
        row = np.zeros(1, run.board[HISTOGRAMS].rows.dtype)
        row["step"] = step
        run.board[HISTOGRAMS].append(row)
        history.drain(run.board)
    found = history.histograms(run.board.plan, "weights", "dense1")
    assert found is not None
    assert len(found.steps) <= 512
    assert (found.steps[0], found.steps[-1]) == (1, 699)
    assert (np.diff(found.steps) > 0).all()
    assert len(history.activations(run.board.plan).steps) == 699
    history.cut(650)
    assert history.activations(run.board.plan).steps[-1] == 650
    history.begin_again(run.board)
    history.drain(run.board)
    assert (np.diff(history.activations(run.board.plan).steps) > 0).all()


def test_a_run_that_is_over_at_once_is_looked_into_afterwards_as_if_it_had_been_slow() -> None:
    made = plain(epochs=4)
    slow, fast = run_of(made), run_of(made)
    marks = list(range(1, 40, 3))
    wanted = [ActivationProbe(slow), HistogramProbe(slow)]  # type: ignore[arg-type]
    late = [ActivationProbe(fast), HistogramProbe(fast)]  # type: ignore[arg-type]
    for step in range(1, 41):
        for run in (slow, fast):
            run.machine.run(1)
        if step in marks:
            notes_of(fast).add()  # type: ignore[arg-type]
        if step in marks or step == 40:
            for probe in wanted:
                probe.look(force=True)
    for probe in late:
        probe.look(force=True)
    for area in (ACTIVATIONS, HISTOGRAMS):
        one, two = slow.board[area].since(0)[0], fast.board[area].since(0)[0]
        assert len(one) == len(two) == len(marks) + 1
        assert one.tobytes() == two.tobytes()
    assert slow.machine.state_sha256() == fast.machine.state_sha256()


def test_the_first_look_at_a_run_that_goes_on_sees_how_it_began() -> None:
    run = run_of(plain())
    probes = [ActivationProbe(run), HistogramProbe(run)]  # type: ignore[arg-type]
    for _ in range(60):
        run.machine.run(1)
        notes_of(run).add()  # type: ignore[arg-type]
    before = run.machine.state_sha256()
    for _ in range(2):
        for probe in probes:
            probe.share.soon()
            probe.look(force=False)
        run.machine.run(1)
        notes_of(run).add()  # type: ignore[arg-type]
    for area in (ACTIVATIONS, HISTOGRAMS):
        rows = run.board[area].since(0)[0]
        steps = rows["step"] if rows.dtype.names else rows[:, 0]
        assert steps[0] == 1
        assert list(steps[-2:]) == [60, 61]
        assert 4 < len(steps) <= notes_module.FEW + 2
        assert (np.diff(steps) > 0).all()
    again = run_of(plain())
    again.machine.run(60)
    assert again.machine.state_sha256() == before


def test_notes_cover_the_run_evenly_and_go_back_with_it() -> None:
    run = run_of(plain())
    notes = notes_of(run)  # type: ignore[arg-type]
    for _ in range(200):
        run.machine.run(1)
        notes.add()
    steps = [note.step for note in notes.between(0, 10_000)]
    assert notes_module.MOST / 2 <= len(steps) <= notes_module.MOST
    assert steps[0] == 1
    assert steps[-1] > 180
    assert max(np.diff(steps)) <= 2 * min(np.diff(steps)) + 1
    run.trainer.reset()
    run.machine.run(1)
    notes.add()
    assert [note.step for note in notes.between(0, 10_000)] == [1]


def test_a_fast_run_in_a_worker_has_histograms_all_along(client: Client) -> None:
    end = to_end(client, plain(epochs=300))
    found, histograms = client.activations(), client.histograms("weights", "dense1")
    assert found is not None
    assert histograms is not None
    for steps in (found.steps, histograms.steps):
        assert len(steps) >= 8
        assert (np.diff(steps) > 0).all()
        assert steps[-1] == end.step


def test_best_weights_at_the_end_take_no_later_step_away(client: Client) -> None:
    made, samples = plain(epochs=400, patience=40, optimizer=of("optimizer", "adam", rate=0.05))
    end = to_end(client, (made, samples))
    assert end.restored_best
    assert end.step < end.last_step
    found, histograms = client.activations(), client.histograms("weights", "dense1")
    assert found is not None
    assert histograms is not None
    for steps in (found.steps, histograms.steps):
        assert (np.diff(steps) > 0).all()
        assert end.step < steps[-1] <= end.last_step


@pytest.mark.parametrize("seen", [False, True])
def test_a_look_after_the_best_weights_came_back_goes_on_ascending(seen: bool) -> None:
    run = run_of(plain())
    pair: list[Any] = [ActivationProbe(run), HistogramProbe(run)]  # type: ignore[arg-type]
    best = np.empty(0)
    for step in range(1, 21):
        run.machine.run(1)
        if step % 3 == 0:
            notes_of(run).add()  # type: ignore[arg-type]
        if step == 10:
            best = run.machine.layout.state_view(run.machine.F).copy()
        if step == 16 and seen:
            for probe in pair:
                probe.share.soon()
                probe.look(force=False)
    run.trainer.memory.last_step, run.trainer.memory.finished = 20, "early"
    run.machine.restore(best)
    assert run.machine.step == 10
    for _ in range(2):  # the second has nothing to add
        for probe in pair:
            probe.look(force=True)
    for area in (ACTIVATIONS, HISTOGRAMS):
        rows = run.board[area].since(0)[0]
        steps = [int(at) for at in (rows["step"] if rows.dtype.names else rows[:, 0])]
        assert steps == [3, 6, 9, 12, 15, 16, 18] if seen else steps == [3, 6, 9, 10, 12, 15, 18]


def test_a_run_that_goes_on_from_its_best_weights_forgets_what_it_takes_back(client: Client) -> None:
    made, samples = plain(epochs=400, patience=40, optimizer=of("optimizer", "adam", rate=0.05))
    end = to_end(client, (made, samples))
    client.activations()
    client.step_batch()
    rested(client)
    found = client.activations()
    assert found is not None
    assert client.history().steps[-1] == end.step + 1
    assert found.steps[-1] == end.step + 1


def test_padding_is_no_part_of_what_layers_give() -> None:
    """Mean, spread, dead units and histograms are those of the steps that are there, by hand from the plain formulas."""
    rng = np.random.default_rng(8)
    lengths = np.arange(40) % 6 + 1
    x = rng.normal(size=(40, 6, 3)).astype(np.float32)
    samples = Samples(x, np.arange(40, dtype=np.int64) % 2, "classification", ("a", "b"), lengths=lengths)
    steps: list[Any] = [("dense", {"units": 5}), ("relu", {}), ("lstm", {"units": 4, "returns": "last"}), ("dense", {"units": 2})]
    run = run_of((project(*steps, batch=8, epochs=1), samples))
    probe, histograms = ActivationProbe(run), HistogramProbe(run)  # type: ignore[arg-type]
    probe.look(force=True)
    histograms.look(force=True)
    lowered, train = run.assembled.lowered, run.assembled.prepared.train
    columns = lowered.columns(train)
    given = observed(lowered.graph, run.machine.parameters() | run.machine.statistics(), train.x, columns)
    here = [int(length) for length in columns["lengths"]]
    row, nodes = run.board[ACTIVATIONS].since(0)[0][0], run.board.plan.nodes
    table = row[1:].reshape(len(nodes), len(ACTIVATION_COLUMNS))
    history = LayerHistory()
    history.drain(run.board)
    for name in ("dense1", "relu1"):
        y = np.concatenate([one[:length] for one, length in zip(given[name], here, strict=True)]).astype(float)
        assert len(y) < given[name].shape[0] * given[name].shape[1]
        mean, deviation, dead, _ = table[nodes.index(name)]
        assert mean == pytest.approx(y.mean(), rel=1e-4)
        assert deviation == pytest.approx(y.std(), rel=1e-4)
        assert np.isnan(dead) == (name == "dense1")
        found = history.histograms(run.board.plan, "activations", name)
        assert found is not None
        assert found.even[0].sum() == y.size
    found = history.histograms(run.board.plan, "activations", "lstm1")
    assert found is not None
    assert found.even[0].sum() == given["lstm1"].size
