"""A run measures by itself where the time of a step goes: once, within its share, and without changing a number."""

from __future__ import annotations

import pytest

from playground.training import timing
from playground.training.messages.analysis import LayersTimed
from playground.training.probes.timing import PASSES, WARM, TimingProbe
from tests.training.networks import convolutional, forgetful, plain
from tests.training.test_norms import run_of


def told(run: object) -> list[LayersTimed]:
    """What a run says from now on."""
    events: list[LayersTimed] = []
    run.send = lambda event: events.append(event) if isinstance(event, LayersTimed) else None  # type: ignore[attr-defined]
    return events


@pytest.mark.parametrize("made", [plain(), forgetful(), convolutional()], ids=["plain", "forgetful", "convolutional"])
def test_it_tells_once_and_leaves_the_state_as_it_was(made: object) -> None:
    run = run_of(made)  # type: ignore[arg-type]
    events, probe = told(run), TimingProbe(run)  # type: ignore[arg-type]
    probe.look(force=True)
    assert not events, "a run that has not begun has nothing to tell"
    while run.machine.step < WARM:
        run.trainer.advance()
    before, ring = run.machine.state_sha256(), run.machine.ring().copy()
    for _ in range(2):
        probe.look(force=True)
    assert run.machine.state_sha256() == before
    assert (run.machine.ring() == ring).all()
    (event,) = events
    nodes = {layer.node for layer in event.layers}
    assert nodes == {node.owner for node in run.machine.plan.graph.nodes} | {""}
    assert sum(layer.seconds for layer in event.layers) == pytest.approx(event.step_seconds)
    assert all(layer.seconds >= 0 for layer in event.layers)
    assert event.step == run.machine.step


def test_while_the_run_goes_on_passes_have_to_be_earned(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(plain())
    events, probe = told(run), TimingProbe(run)  # type: ignore[arg-type]
    while run.machine.step < WARM:
        run.trainer.advance()
    probe.look(force=False)
    assert probe._done == 0, "the first pass is not made on credit"
    for done in range(1, PASSES + 1):
        probe.share.soon()
        probe.look(force=False)
        probe.look(force=False)
        assert probe._done == done
    assert len(events) == 2, "after the first pass and after the last"
    monkeypatch.setattr(timing, "layer_costs", None)
    probe.share.soon()
    probe.look(force=False)
    assert len(events) == 2


def test_a_network_whose_passes_are_long_does_not_measure_at_rest() -> None:
    run = run_of(plain())
    events, probe = told(run), TimingProbe(run)  # type: ignore[arg-type]
    while run.machine.step < WARM:
        run.trainer.advance()
    run.trainer.memory.seconds = 1.0 * run.trainer.memory.last_step
    probe.look(force=True)
    assert not events
    assert probe._done == 0
