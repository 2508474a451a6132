"""Norms of the layers at single steps: how many steps are looked at, and what is found there, against NumPy in float64."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from playground.training import messages
from playground.training.areas.norms import NORM_COLUMNS
from playground.training.areas.watching import WATCHING
from playground.training.block import Block
from playground.training.board import Board
from playground.training.client import Client
from playground.training.history import Growing, norms_of
from playground.training.loop import Trainer
from playground.training.probes import norms as probes
from playground.training.probes.norms import Direct, NormProbe, Noted, length
from playground.training.run_probes import RunProbes
from tests.training.networks import convolutional, of, plain, regression, trainer_of
from tests.training.watching import of_kind, to_end, until


class Held(SimpleNamespace):
    """As much of a run as probes need; known by its identity, as a run is."""

    __hash__ = object.__hash__


def run_of(made: Any, burst: int | None = None) -> Held:
    """As much of a run as probes need, in this process."""
    from playground.training.assembly import assemble

    assembled = assemble(*made)
    plan = assembled.board_plan()
    found = trainer_of(assembled, burst=burst)
    board = Board(plan, Block.create(plan.nbytes))
    return Held(assembled=assembled, machine=found.machine, board=board, trainer=found, send=lambda event: None)


def names_of(run: Held) -> dict[str, list[str]]:
    return {layer: [p.name for p in run.machine.plan.graph.parameters if p.owner == layer] for layer in run.board.plan.layers}


def expected_row(machine: Any, before: dict[str, np.ndarray], layer: str) -> dict[str, float]:
    own = [name for name in before if name.startswith(layer + ".")]
    gather = lambda tensors: np.concatenate([tensors[name].ravel() for name in own]).astype(float)  # noqa: E731
    weights = gather(machine.parameters())
    return {
        "gradient": float(np.linalg.norm(gather(machine.gradients()))),
        "weight": float(np.linalg.norm(weights)),
        "update": float(np.linalg.norm(weights - gather(before))),
        "weight_l1": float(np.linalg.norm(weights, 1)),
        "weight_max": float(np.linalg.norm(weights, np.inf)),
    }


@pytest.mark.parametrize("kind", [Noted, Direct])
@pytest.mark.parametrize("made", [plain(), convolutional()], ids=["plain", "convolutional"])
def test_every_norm_is_that_of_the_tensors(kind: Any, made: Any) -> None:
    run = run_of(made)
    measured = kind(run, names_of(run))
    wanted = []
    for _ in range(3):
        before = {name: value.copy() for name, value in run.machine.parameters().items()}
        kept = measured.before()
        run.machine.run(1)
        measured.after(kept)
        wanted.append([expected_row(run.machine, before, layer) for layer in run.board.plan.layers])
    measured.hand_over(force=True)
    rows, written = run.board.norms.since(0)
    assert written == 3
    assert rows[:, 0].tolist() == [1, 2, 3]
    for row, layers in zip(rows, wanted, strict=True):
        found = row[1:].reshape(len(layers), len(NORM_COLUMNS))
        for values, layer in zip(found, layers, strict=True):
            for name, value in zip(NORM_COLUMNS, values, strict=True):
                assert value == pytest.approx(layer[name], rel=1e-5), name


@pytest.mark.parametrize("kind", [Noted, Direct])
@pytest.mark.parametrize("clip", [0.0, 0.001])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"penalty": of("penalty", "l2", strength=0.1)},
        {"clip_value": 0.01},
        {"penalty": of("penalty", "elastic_net"), "accumulate": 3},
    ],
    ids=["bare", "l2", "value", "net"],
)
def test_the_norm_of_the_whole_is_that_of_the_layers_together(kind: Any, clip: float, more: dict[str, Any]) -> None:
    """One meaning for both: the gradient of the loss as clipping found it, without the penalty."""
    run = run_of(plain(clip=clip, **more))
    measured = kind(run, names_of(run))
    for _ in range(3):
        kept = measured.before()
        run.machine.run(1)
        measured.after(kept)
    measured.hand_over(force=True)
    layers = norms_of(run.board.norms.since(0)[0], run.board.plan).gradient
    np.testing.assert_allclose(np.sqrt((layers**2).sum(axis=1)), run.machine.ring()[:3, 2], rtol=1e-5)


@pytest.mark.parametrize("kind", [Noted, Direct])
def test_numbers_near_the_ends_of_float32_have_finite_norms(kind: Any) -> None:
    run = run_of(plain())
    measured = kind(run, names_of(run))
    kept = measured.before()
    run.machine.run(1)
    for gradient in run.machine.gradients().values():
        gradient[...] = 1e25
    measured.after(kept)
    measured.hand_over(force=True)
    gradient = norms_of(run.board.norms.since(0)[0], run.board.plan).gradient
    assert np.isfinite(gradient).all()
    assert gradient.min() > 1e25
    assert length([np.full(4, 1e30, np.float32)]) == pytest.approx(2e30)
    assert length([np.full(4, 1e-30, np.float32)]) == pytest.approx(2e-30)


@pytest.mark.parametrize("kind", [Noted, Direct])
def test_a_refused_step_leaves_gradients_that_are_not_finite_and_no_update(kind: Any) -> None:
    run = run_of(plain())
    measured = kind(run, names_of(run))
    run.machine.run(1)
    for gradient in run.machine.gradients().values():
        gradient[...] = np.nan
    measured.refused()
    found = norms_of(run.board.norms.since(0)[0], run.board.plan)
    assert found.steps.tolist() == [2]
    assert np.isnan(found.gradient).all()
    assert np.isnan(found.ratio).all()
    assert np.isfinite(found.weight).all()


@pytest.mark.parametrize("burst", [1, 15, 64])
@pytest.mark.parametrize(("epochs", "batch"), [(40, 16), (2, 1)])
def test_steps_are_spread_over_a_short_run(monkeypatch: pytest.MonkeyPatch, burst: int, epochs: int, batch: int) -> None:
    monkeypatch.setattr(probes, "SHARE", 1000.0)
    run = run_of(plain(epochs=epochs, batch=batch), burst)
    total = run.trainer.total_steps
    watch = RunProbes(run)
    watch[NormProbe].share = probes.Share(1.0, 1e-9)  # the clock asks once only
    while not run.trainer.finished:
        watch.advance(run.trainer.advance, None)
        watch.look()
    watch.look(force=True)
    steps = run.board.norms.since(0)[0][:, 0]
    assert len(steps) >= 50
    assert len(steps) <= 2 * probes.SAMPLES
    assert steps[0] <= 15
    assert steps[-1] >= total - 2 * max(burst, total // probes.SAMPLES) - 1
    assert np.diff(steps).max() <= max(2 * burst, 2 * total // probes.SAMPLES)
    assert run.machine.state_sha256() == finished(plain(epochs=epochs, batch=batch)).machine.state_sha256()


def finished(made: Any) -> Trainer:
    found = run_of(made).trainer
    list(found.train())
    return found  # type: ignore[no-any-return]


def test_steps_are_left_out_where_they_cannot_be_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "SHARE", 0.0)
    monkeypatch.setattr(probes, "_GRANT", 0.0)
    run = run_of(plain(), 15)
    watch = RunProbes(run)
    watch[NormProbe].share = probes.Share(1.0, 1e-9)
    while not run.trainer.finished:
        watch.advance(run.trainer.advance, None)
    watch.look(force=True)
    steps = run.board.norms.since(0)[0][:, 0].tolist()
    assert len(steps) == 2, "by the clock, and the last one, whatever it takes"
    assert steps[-1] == run.trainer.machine.step


def test_what_slow_motion_cost_is_not_owed_for_ever() -> None:
    run = run_of(plain(epochs=400), 15)
    watch = RunProbes(run)
    probe = watch[NormProbe]
    probe.share = probes.Share(1.0, 1e-9)
    watch.advance(run.trainer.advance, 1)
    probe._spent = 10.0  # of minutes in which nearly nothing was trained
    probe._each = 3e-5
    run.board[WATCHING].clear()
    run.board[WATCHING].ran(1.0)
    probe.steps(1, 1)  # what is too much is forgiven when it is asked for
    run.board[WATCHING].ran(0.1)  # 2 ms of it for measuring
    assert len(probe.steps(run.machine.step, run.trainer.total_steps - 1)) > 20


def test_a_run_that_is_over_at_once_has_been_watched_all_along_and_knows_what_it_cost(client: Client) -> None:
    to_end(client, plain(epochs=300))
    norms = client.layer_norms()
    assert norms is not None
    costs = client._view.board[WATCHING]  # type: ignore[union-attr]
    assert len(norms.steps) >= 20  # 50 and more where the machine has nothing else to do
    assert norms.steps[-1] > 0.5 * client.step
    assert 0 < costs.watch_seconds < 0.1 * costs.run_seconds + 0.02  # 2 % where nothing else wants the cores


def test_a_layer_that_blew_up_has_a_row_that_says_so(client: Client) -> None:
    made = regression(optimizer=of("optimizer", "sgd", rate=90.0), clip=0.0)
    client.start(*made)
    (fault,) = of_kind(until(client, messages.Fault), messages.Fault)
    norms = client.layer_norms()
    assert norms is not None
    assert norms.steps[-1] >= fault.step
    assert not np.isfinite(norms.gradient[-1]).all() or not np.isfinite(norms.ratio[-1]).all() or norms.ratio[-1].max() > 1


def test_long_runs_keep_a_bounded_number_of_rows() -> None:
    table = Growing(np.zeros((0, 6)), 0, 1)
    rows = np.zeros((40_000, 6))
    rows[:, 0], rows[:, 1] = np.arange(40_000), 1.0
    rows[17, 1] = 99.0
    for part in np.array_split(rows, 50):
        table.add(part)
        table.thin(1 << 14)
    assert len(table) <= 1 << 14
    assert table.rows[:, 1].max() == 99.0
