"""Every layer on rows of varied length: the engine agrees with the layer's reference, or the network is refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest

import playground as pg
from playground.core import registry
from playground.core.spec import Spec
from playground.lowering.lower import Refused

ROWS = {
    "tokens": lambda: pg.dataset("brackets", samples=40),  # steps without features
    "features": lambda: pg.dataset("adding_problem", samples=40, steps=7, varied=True),
}
LAYERS = [spec.id for spec in registry.entries("layer")]


def told(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("id", LAYERS)
@pytest.mark.parametrize("rows", ROWS)
def test_what_is_predicted_is_what_the_nodes_give(rows: str, id: str) -> None:
    layer: Spec = pg.layer(id)
    project = pg.Project.chain(ROWS[rows](), layer, pg.layer("flatten"), pg.layer("dense", units=2), epochs=1, batch=16)
    samples = project.samples()
    try:
        project.train()
    except Refused as error:
        assert project.record.network.nodes[1].name in str(error), "it has to name the node"
        return
    assert samples.lengths is not None
    assert len(np.unique(samples.lengths)) > 1
    seen = project.observe(samples.x, lengths=samples.lengths)
    predicted = project.predict(samples.x, lengths=samples.lengths)
    last = [name for name in seen if name.startswith("dense")][-1]
    np.testing.assert_allclose(told(seen[last]), predicted, atol=3e-6)
