"""The private machine of the probes: what it gives is what the ops' plain formulas give, and the run never notices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document.project import Project
from playground.formats.interpreter import observed
from playground.training.assembly import assemble
from playground.training.probes.observing import Observer
from tests.training import networks
from tests.training.networks import NETWORKS, Step, project


def branched() -> tuple[Project, Samples]:
    """A convolution whose output has a halo, read by two branches that meet again."""
    steps: list[Step] = [
        ("conv2d", {"filters": 3}),
        ("conv2d", {"filters": 5}),
        ("elu", {}),
        ("flatten", {}),
        ("dense", {"units": 4}),
    ]
    return project(*steps, batch=20, epochs=2), networks.images()


@pytest.mark.parametrize("made", [*NETWORKS.values(), branched])
def test_every_node_gives_what_its_formula_gives(made: Any) -> None:
    assembled = assemble(*made())
    machine = assembled.machine()
    machine.initialise(4)
    machine.run(5)
    before, memory = machine.state_sha256(), bytes(machine.memory)
    observer = Observer(assembled, machine)
    assert observer.take()
    x = assembled.prepared.train.x[:37]
    weights = machine.parameters() | machine.statistics()
    wanted = observed(assembled.lowered.graph, weights, x, {})
    for _ in range(2):
        given = observer.outputs(x)
        assert wanted.keys() <= given.keys()
        for name, value in wanted.items():
            np.testing.assert_allclose(given[name], value, rtol=2e-5, atol=2e-5)
    assert machine.state_sha256() == before
    assert bytes(machine.memory) == memory


def test_more_inputs_than_fit_come_in_parts() -> None:
    assembled = assemble(*networks.plain())
    machine = assembled.machine()
    machine.initialise(4)
    observer = Observer(assembled, machine)
    observer.take()
    x = np.linspace(-1, 1, 2 * 1300, dtype=np.float32).reshape(1300, 2)
    found = np.zeros((1300, 3), np.float32)
    for part, given in observer.passes(x):
        found[part] = given["dense2"]
    np.testing.assert_allclose(found, machine.predict(x), rtol=1e-5, atol=1e-6)


def test_the_weights_are_those_of_the_last_taking() -> None:
    assembled = assemble(*networks.plain())
    machine = assembled.machine()
    machine.initialise(4)
    observer = Observer(assembled, machine)
    observer.take()
    x = assembled.prepared.train.x[:1]
    first = observer.outputs(x)["dense1"].copy()
    machine.run(3)
    np.testing.assert_array_equal(observer.outputs(x)["dense1"], first)
    observer.take()
    assert (observer.outputs(x)["dense1"] != first).any()


def test_a_network_that_takes_too_much_memory_is_not_observed(monkeypatch: pytest.MonkeyPatch) -> None:
    assembled = assemble(*networks.plain())
    monkeypatch.setattr("playground.training.probes.observing.MOST_BYTES", 100)
    observer = Observer(assembled, assembled.machine())
    assert observer.rows == 0
    assert not observer.take()
