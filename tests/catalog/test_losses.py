"""What losses say to a person: probabilities against SciPy, targets as the engine reads them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from playground.core import registry

LOGITS = np.array([[1e4, -1e4, 0.0], [0.1, 0.2, -0.3], [-800.0, -800.0, -801.0]])


def loss(id: str):
    return registry.find("loss", id)()


def test_classes_answer_with_a_softmax():
    np.testing.assert_allclose(loss("cross_entropy").respond(LOGITS), special.softmax(LOGITS, axis=1), rtol=1e-12, atol=1e-300)


def test_yes_or_no_answers_with_a_sigmoid():
    np.testing.assert_allclose(loss("binary_cross_entropy").respond(LOGITS), special.expit(LOGITS), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("id", ["mean_squared_error", "mean_absolute_error"])
def test_values_answer_with_themselves(id):
    assert loss(id).respond(LOGITS) is LOGITS


def test_targets_as_the_engine_reads_them():
    classes = np.array([0, 1, 1])
    assert loss("cross_entropy").encode(classes).dtype == np.int64
    np.testing.assert_array_equal(loss("binary_cross_entropy").encode(classes), np.array([[0], [1], [1]], np.float32))
    assert loss("binary_cross_entropy").encode(np.ones((4, 3))).shape == (4, 3)
    assert loss("mean_squared_error").encode(np.ones((4, 3))).dtype == np.float32


def test_how_many_numbers_a_loss_asks_for():
    assert loss("cross_entropy").outputs(10, ()) == 10
    assert loss("binary_cross_entropy").outputs(2, ()) == 1
    assert loss("binary_cross_entropy").outputs(0, (3,)) == 3
    assert loss("mean_squared_error").outputs(0, (2,)) == 2
