"""The arithmetic of one number against what the engine's formulas give, at every place, for every layer that has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.core import registry
from playground.core.tensor import TensorType
from playground.engine.builder import GraphBuilder
from playground.engine.formulas import node_values
from playground.lowering.worked import worked

IDS = ["dense", "conv2d", "conv1d", "max_pool2d", "average_pool2d", "max_pool1d", "average_pool1d", "relu", "gelu", "hardswish"]


def given(layer: Any, shape: tuple[int, ...]) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Input, weights and output of a layer alone, all drawn at random."""
    g, rng = GraphBuilder(), np.random.default_rng(3)
    x = g.take_input(TensorType(shape))
    with g.of("it", layer):
        y = layer.build(g, x)
    graph = g.finish(y)
    weights = {p.name: rng.normal(size=graph.values[p.value].type.shape) for p in graph.parameters}
    sample = rng.normal(size=shape)
    return (
        sample,
        {name.partition(".")[2]: w for name, w in weights.items()},
        node_values(graph, weights, sample[None], {})["it"][0],
    )


def _of(rule: str, parts: np.ndarray, bias: float, function: float) -> float:
    if rule == "function":
        return function
    return float(parts.sum() + bias if rule == "sum" else parts.max() if rule == "greatest" else parts.mean())


@pytest.mark.parametrize("id", IDS)
def test_every_number_of_every_example_is_worked_out(id: str) -> None:
    record = registry.find("layer", id)
    for _, settings, shapes in record.examples:
        layer = record(**settings)
        x, weights, y = given(layer, shapes[0])
        for place in list(np.ndindex(y.shape))[:40]:
            found = worked(layer, x, weights, y, place)
            assert found is not None, (id, settings, place)
            parts = found.products[found.inside]
            assert _of(found.rule, parts, found.bias or 0.0, y[place]) == pytest.approx(y[place], abs=1e-9)
            assert found.x.shape == found.inside.shape


def test_what_is_no_such_formula_or_fits_no_more_is_not_shown() -> None:
    dense = registry.find("layer", "dense")(units=3)
    x, weights, y = given(dense, (5,))
    assert worked(dense, x, weights, y, (3,)) is None
    assert worked(dense, x, weights, y, (1, 1)) is None
    assert worked(dense, x[:4], weights, y, (1,)) is None
    assert worked(dense, x, {}, y, (1,)) is None
    assert worked(dense, x, weights, y + 1, (1,)) is None, "another network gave that"
    norm = registry.find("layer", "layer_norm")()
    assert worked(norm, x, {}, x, (1,)) is None
