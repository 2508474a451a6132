"""The data's targets are judged however they come to a loss: by itself, by wire, through layers that move numbers; step by step."""

from __future__ import annotations

import numpy as np
import pytest

import playground as pg
from playground.core import registry
from playground.core.samples import NO_CLASS, Samples
from playground.core.spec import Layer
from playground.document.problems import Problem
from playground.lowering import inspect, lower, passing
from tests.lowering.projects import images, mended, values

ROWS, STEPS = 24, 6
RNG = np.random.default_rng(3)
SHARES = RNG.dirichlet(np.ones(3), (ROWS, STEPS))
SIGNS = np.where(RNG.random((ROWS, STEPS, 3)) < 0.5, -1.0, 1.0)
LENGTHS = np.arange(ROWS) % STEPS + 1
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


def of_steps(y: np.ndarray, lengths: np.ndarray | None) -> Samples:
    """With 0 behind the end of each sequence, as every source gives them."""
    if lengths is not None:
        y = np.where((np.arange(STEPS) < lengths[:, None])[..., None], y, 0.0)
    return Samples(np.zeros((ROWS, STEPS, 2), np.float32), y.astype(np.float32), "regression", lengths=lengths)


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


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "hinge", "squared_hinge", "exponential_loss"])
def test_classes_by_wire_are_no_answers_of_yes_and_no(loss):
    samples, project = images(2, (4,)), by_wire(loss, 1)
    (problem,) = errors(project, samples)
    assert problem.text == (
        "l needs its answers side by side, and d gives the bare number of a class. "
        "Without the wire l reads the classes as yes and no by itself."
    )
    assert problem.field == "target"
    assert [mend.text for mend in problem.mends] == ["Delete the wire at target of l"]
    after = mended(project.record, problem)
    assert inspect(after, samples).errors == []
    lower(after, samples)
    assert errors(by_wire(loss, 1, pg.layer("flatten")), samples) == []


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


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("wired", [False, True])
def test_a_distribution_for_every_step(wired, lengths):
    """Shares sum to 1 at every step, not over all of them; behind the end of a sequence there are none."""
    made = by_wire("kl_divergence", 3, scaled=False, wired=wired)
    samples = of_steps(SHARES, lengths)
    assert errors(made, samples) == []
    lower(made.record, samples)
    wrong = SHARES.copy()
    wrong[2, 0] *= 1.5
    (problem,) = errors(made, of_steps(wrong, lengths))
    assert problem.text == "l needs shares that sum to 1, and some of the data's sum to 1.5."
    wrong[2, 0] = (1.5, -0.25, -0.25)
    (problem,) = errors(made, of_steps(wrong, lengths))
    assert problem.text == "l needs shares of at least 0, and the least of the data's is -0.25."


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "exponential_loss"])
def test_signs_for_every_step_of_sequences_that_end_early(loss):
    """The 0 in the padding is nobody's target."""
    made = by_wire(loss, 3, scaled=False, wired=False)
    samples = of_steps(SIGNS, LENGTHS)
    assert errors(made, samples) == []
    lower(made.record, samples)
    wrong = SIGNS.copy()
    wrong[3, 0, 0] = 0.0
    (problem,) = errors(made, of_steps(wrong, LENGTHS))
    assert problem.text == "l needs targets of -1 and 1, or 0 and 1, and the data's lie in -1 to 1."
    late = pg.layer("slice", axis=0, start=2, count=4)
    assert errors(by_wire(loss, 3, late, scaled=False, cut=late), samples) == []


def test_padding_of_classes_for_every_step_is_not_judged_either():
    y = np.where(np.arange(STEPS) < LENGTHS[:, None], RNG.integers(0, 2, (ROWS, STEPS)), NO_CLASS)
    samples = Samples(np.zeros((ROWS, STEPS, 2), np.float32), y, "classification", ("no", "yes"), lengths=LENGTHS)
    assert errors(by_wire("binary_cross_entropy", 1, pg.layer("reshape", shape=(STEPS, 1))), samples) == []
    y = y.copy()
    y[0, 0] = NO_CLASS
    samples = Samples(samples.x, y, "classification", ("no", "yes"), lengths=LENGTHS)
    (problem,) = errors(by_wire("binary_cross_entropy", 1, pg.layer("reshape", shape=(STEPS, 1))), samples)
    assert problem.text == "l needs targets of 0 and 1, and the data's lie in -100 to 1."


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
