"""Blocks, groups and settings of nodes from a script: the same numbers as the network without them, and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import playground as pg
from playground.document.edits import EditError
from playground.errors import BadValue, UnknownKind


def body(*, blocks: bool) -> pg.Project:
    """Two hidden layers and a head on the iris table; as one block of two layers and a head, or flat."""
    made = pg.Project()
    x = made.add(pg.layer("dense", units=6), made.add(pg.dataset("iris"), name="iris"), name="hidden")
    x = made.add(pg.layer("tanh"), x, name="bend")
    made.add(pg.loss("cross_entropy"), made.add(pg.layer("dense", units=3), x, name="head"), name="loss")
    if blocks:
        made.make_block("Hidden part", "hidden", "bend")
    return made.set(epochs=3, batch=16, seed=4)


def test_a_block_gives_the_numbers_of_the_flat_network():
    flat, blocked = body(blocks=False), body(blocks=True)
    assert [node.name for node in blocked.record.network.nodes] == ["iris", "hidden_part1", "head", "loss"]
    flat.train()
    blocked.train()
    assert flat.weights is not None
    assert blocked.weights is not None
    ours = sorted(blocked.weights.items())
    for (name, array), (inner, other) in zip(sorted(flat.weights.items()), ours, strict=True):
        assert inner.endswith(name.rpartition("/")[2])
        np.testing.assert_array_equal(array, other)
    flat_again = blocked.ungroup("hidden_part1")
    assert [node.name for node in flat_again.record.network.nodes] == ["iris", "hidden", "bend", "head", "loss"]


def test_a_block_is_changed_once_for_all_its_uses(tmp_path: Path):
    made = pg.Project()
    x = made.add_block("Residual", made.add(pg.dataset("digits"), name="digits"))
    x = made.add_block("Residual", x, shared=False)
    made.add(pg.loss("cross_entropy"), made.add(pg.layer("dense", units=10), made.add(pg.layer("flatten"), x)), name="loss")
    for node in ("conv1", "conv2", "shortcut"):
        made.set_in_block("Residual", node, filters=3)
    assert made.problems() == []
    made.train(epochs=1)
    assert made.weights is not None
    kernels = [array.shape for name, array in made.weights.items() if name.endswith("conv1.weight")]
    assert kernels == [(3, 3, 1, 3), (3, 3, 3, 3)]
    with pytest.raises(UnknownKind, match="holds no node called 'conv9'; it holds: x, conv1"):
        made.set_in_block("Residual", "conv9", filters=3)
    with pytest.raises(UnknownKind, match="no block called 'Risidual'; there are: Residual, Conv-BN-ReLU"):
        made.add_block("Risidual")


def test_a_block_is_kept_for_other_projects():
    made = body(blocks=True)
    file = made.keep_block("Hidden part")
    other = pg.Project()
    x = other.add_block("Hidden part", other.add(pg.dataset("iris"), name="iris"))
    assert x == "hidden_part1"
    file.unlink()


def test_groups_and_options_of_nodes():
    made = body(blocks=False).group("Slow", rule="h*", rate_factor=0.0).group("Still", "bend", frozen=True)
    made.train(epochs=1)
    first = made.weights
    made.train(epochs=2)
    assert first is not None
    assert made.weights is not None
    np.testing.assert_array_equal(first["head.weight"], made.weights["head.weight"])
    made.set_node("head", units=4, frozen=True, rate_factor=0.5)
    head = made.node("head")
    assert (head.spec.units, head.frozen, head.rate_factor) == (4, True, 0.5)
    before = made.record
    with pytest.raises(BadValue, match="unitz"):
        made.set_node("head", units=9, unitz=4)
    with pytest.raises(BadValue, match="Rate factor"):
        made.group("Fast", "bend", rate_factor=-1.0)
    assert made.record == before
    assert any("Units must be" in problem.text for problem in made.set_node("head", units=-1).problems())
    with pytest.raises(EditError, match="loss"):
        made.make_block("All", "head", "loss")


def test_raw_and_averaged_weights_are_judged_apart():
    made = body(blocks=False)
    with pytest.raises(BadValue, match="no averaged weights"):
        made.evaluate(averaged=True)
    made.train(epochs=4, averaging="ema")
    raw, averaged = made.evaluate(averaged=False), made.evaluate(averaged=True)
    assert raw["loss"] != averaged["loss"]
    assert made.evaluate() in (raw, averaged)
    x = made.samples().x[:2]
    assert not np.array_equal(made.predict(x, averaged=True), made.predict(x, averaged=False))
