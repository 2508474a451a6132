"""The data's targets are judged however they come to a loss: by itself, by wire, through layers that move numbers."""

from __future__ import annotations

import numpy as np
import pytest

import playground as pg
from playground.core import registry
from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document.problems import Problem
from playground.lowering import inspect, lower, passing
from tests.lowering.projects import images, mended, values

RNG = np.random.default_rng(3)
#: One question of yes or no, and a value.
TWO_TASKS = Samples(
    np.zeros((40, 4), np.float32),
    np.stack([np.arange(40) % 2, np.linspace(-5, 5, 40)], axis=1).astype(np.float32),
    "regression",
)


def by_wire(
    loss: str, units: int, *passing: Layer, scaled: bool = True, wired: bool = True, cut: Layer | None = None
) -> pg.Project:
    """Data, a dense layer and a loss whose target is wired from the data's targets, through layers if there are any.

    wired: or it reads them by itself.  cut: what follows the dense layer.
    """
    made = pg.Project()
    made.add(pg.dataset("digits"), name="d")
    made.add(pg.layer("dense", units=units), "d", name="v")
    target = "d.targets"
    for layer in passing:
        target = made.add(layer, target)
    given = "v" if cut is None else made.add(cut, "v")
    made.add(pg.loss(loss), given, *([target] if wired else []), name="l")
    made.set_data(scale_targets=scaled)
    return made


def errors(project: pg.Project, samples: Samples) -> list[Problem]:
    return inspect(project.record, samples).errors


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "hinge", "squared_hinge", "exponential_loss", "kl_divergence"])
def test_wired_targets_that_are_scaled_are_named(loss):
    """Standardised answers have no least loss: binary cross-entropy would fall below any number."""
    samples = values(2, binary=True)
    if loss == "kl_divergence":
        samples = Samples(samples.x, RNG.dirichlet(np.ones(2), 40).astype(np.float32), "regression")
    project = by_wire(loss, 2)
    (problem,) = errors(project, samples)
    assert problem.text.endswith("as they are, and the data plan scales targets.")
    assert [mend.text for mend in problem.mends] == ["Leave targets unscaled"]
    after = mended(project.record, problem)
    assert inspect(after, samples).errors == []
    lower(after, samples)


def test_an_answer_of_several_tasks_is_judged_by_its_own_column():
    project = by_wire("binary_cross_entropy", 1, pg.layer("slice", start=0))
    (problem,) = errors(project, TWO_TASKS)
    assert problem.text == "l needs targets of 0 and 1 as they are, and the data plan scales targets."
    lower(mended(project.record, problem), TWO_TASKS)
    wrong = by_wire("binary_cross_entropy", 1, pg.layer("slice", start=1), scaled=False)
    (problem,) = errors(wrong, TWO_TASKS)
    assert problem.text == "l needs targets of 0 and 1, and the data's lie in -5 to 5."
    assert problem.mend.text == "Use mean squared error"
    lower(mended(wrong.record, problem), TWO_TASKS)
    assert errors(by_wire("mean_squared_error", 1, pg.layer("slice", start=1)), TWO_TASKS) == []


@pytest.mark.parametrize(
    "moving",
    [
        (pg.layer("reshape", shape=(2, 1)), pg.layer("permute"), pg.layer("flatten"), pg.layer("slice")),
        (pg.layer("gradient_reversal"), pg.layer("slice", start=-2)),
        (pg.layer("reshape", shape=(1, 1, 2)), pg.layer("slice"), pg.layer("flatten")),
    ],
)
def test_targets_are_followed_through_layers_that_move_numbers(moving):
    (problem,) = errors(by_wire("hinge", 1, *moving), TWO_TASKS)
    assert problem.mend.text == "Leave targets unscaled"
    assert errors(by_wire("hinge", 1, *moving, scaled=False), TWO_TASKS) == []


def test_what_a_layer_computes_of_the_targets_is_its_own_affair():
    assert errors(by_wire("binary_cross_entropy", 1, pg.layer("dense", units=1), pg.layer("sigmoid")), TWO_TASKS) == []


def test_targets_inside_a_block_are_followed():
    made = by_wire("binary_cross_entropy", 1, pg.layer("slice", start=0))
    made.make_block("First", "slice1")
    (problem,) = errors(made, TWO_TASKS)
    assert problem.mend.text == "Leave targets unscaled"


def test_a_wired_target_asks_for_as_many_answers():
    project = by_wire("binary_cross_entropy", 3, scaled=False)
    (problem,) = errors(project, values(2, binary=True))
    assert problem.text == "l needs 2 numbers, one for each answer. v gives 3."
    assert errors(by_wire("binary_cross_entropy", 2, scaled=False), values(2, binary=True)) == []
    assert inspect(mended(project.record, problem), values(2, binary=True)).errors == []


def test_three_classes_by_wire_are_refused_whatever_lies_between():
    for between in ((), (pg.layer("flatten"),)):
        project = by_wire("binary_cross_entropy", 1, *between)
        (problem,) = errors(project, images(3, (4,)))
        assert problem.text == "l answers yes or no, and the data has 3 classes."
        assert problem.mend.text.endswith("Use cross-entropy")
        (problem,) = inspect(mended(project.record, problem), images(3, (4,))).errors
        assert problem.text == "l needs 3 numbers, one for each class. v gives 1."
    assert errors(by_wire("cross_entropy", 3), images(3, (4,))) == []
    assert (
        errors(by_wire("mean_squared_error", 1, pg.layer("flatten")), images(3, (4,))) == []
    )  # classes in an order of their own


PASSING = [
    (layer, name, settings, shapes)
    for layer in registry.entries("layer")
    if layer.passes
    for name, settings, shapes in layer.examples
]


@pytest.mark.parametrize(("layer", "name", "settings", "shapes"), PASSING, ids=lambda given: getattr(given, "id", None))
def test_who_says_that_it_passes_numbers_on_does(layer, name, settings, shapes):
    """`places` finds them by the layer's own formulas; what came out would not be whole numbers, or others, if it computed."""
    (shape,) = shapes
    found = passing._places(shape, (layer(**settings),))
    assert set(found.reshape(-1).tolist()) <= set(range(int(np.prod(shape))))
    assert len(set(found.reshape(-1).tolist())) == found.size
