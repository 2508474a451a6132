"""A loss that is compared with the data's inputs, as in an autoencoder: what it needs is told against how the plan scales them."""

from __future__ import annotations

import numpy as np
import pytest

import playground as pg
from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document.problems import Problem
from playground.lowering import inspect, lower
from tests.lowering.projects import mended

RNG = np.random.default_rng(5)
ROWS, WIDTH = 40, 6
BITS = (RNG.random((ROWS, WIDTH)) < 0.4).astype(np.float32)
SHARES = RNG.dirichlet(np.ones(WIDTH), ROWS).astype(np.float32)
INPUTS = {
    "bits": BITS,
    "signs": BITS * 2 - 1,
    "two values": BITS * 7 + 3,
    "unit": RNG.random((ROWS, WIDTH)).astype(np.float32),
    "bytes": RNG.integers(0, 256, (ROWS, WIDTH)).astype(np.float32),
    "shares": SHARES,
    "classes": RNG.integers(0, 4, (ROWS, WIDTH)).astype(np.float32),
}
UNSCALED, UNIT, SQUARES = "Leave inputs unscaled", "Scale inputs to 0 to 1", "Use mean squared error"


def autoencoder(loss: str, scaling: str, *passing: Layer, units: int = WIDTH, shape: tuple[int, ...] = ()) -> pg.Project:
    """Data, a dense layer and a loss whose target is wired from the data's inputs."""
    made = pg.Project()
    made.add(pg.dataset("digits"), name="d")
    flat = made.add(pg.layer("flatten"), "d")
    given = made.add(pg.layer("dense", units=units), flat, name="v")
    if shape:
        given = made.add(pg.layer("reshape", shape=shape), given)
    target = "d"
    for layer in passing:
        target = made.add(layer, target)
    made.add(pg.loss(loss), given, target, name="l")
    return made.set_data(scaling=scaling)


def samples_of(x: np.ndarray, lengths: np.ndarray | None = None, tokens: int = 0) -> Samples:
    return Samples(x, np.arange(len(x)) % 3, "classification", ("a", "b", "c"), lengths=lengths, tokens=tokens)


def errors(project: pg.Project, samples: Samples) -> list[Problem]:
    return inspect(project.record, samples).errors


@pytest.mark.parametrize(
    ("loss", "inputs", "scaling", "mends"),
    [
        ("binary_cross_entropy", "bits", "standardise", [UNSCALED, UNIT, SQUARES]),
        ("binary_cross_entropy", "unit", "standardise", [UNSCALED, UNIT, SQUARES]),
        ("binary_cross_entropy", "bytes", "standardise", [UNIT, SQUARES]),
        ("binary_cross_entropy", "bytes", "none", [UNIT, SQUARES]),
        ("binary_cross_entropy", "bytes", "unit", None),
        ("binary_cross_entropy", "unit", "none", None),
        ("hinge", "signs", "standardise", [UNSCALED, UNIT, SQUARES]),
        ("hinge", "bits", "none", None),
        ("hinge", "signs", "unit", None),
        ("squared_hinge", "two values", "none", [UNIT, SQUARES]),
        ("squared_hinge", "two values", "unit", None),
        ("exponential_loss", "unit", "none", [SQUARES]),
        ("exponential_loss", "bytes", "unit", [SQUARES]),
        ("kl_divergence", "shares", "standardise", [UNSCALED, SQUARES]),
        ("kl_divergence", "shares", "unit", [UNSCALED, SQUARES]),
        ("kl_divergence", "shares", "none", None),
        ("mean_squared_error", "bytes", "standardise", None),
        ("huber", "bytes", "standardise", None),
    ],
)
def test_inputs_that_a_loss_cannot_be_compared_with_are_told(
    loss: str, inputs: str, scaling: str, mends: list[str] | None
) -> None:
    samples, project = samples_of(INPUTS[inputs]), autoencoder(loss, scaling)
    found = errors(project, samples)
    assert [[mend.text for mend in problem.mends] for problem in found] == ([] if mends is None else [mends])
    for problem in found:
        assert problem.text.startswith("l ")
        after = mended(project.record, problem)
        assert inspect(after, samples).errors == []
        lower(after, samples)


def test_the_words_say_what_is_needed_and_what_the_plan_does() -> None:
    (problem,) = errors(autoencoder("binary_cross_entropy", "standardise"), samples_of(INPUTS["unit"]))
    assert (
        problem.text == "l is compared with the inputs and needs targets of 0 and 1 as they are, and the data plan scales inputs."
    )
    (problem,) = errors(autoencoder("binary_cross_entropy", "none"), samples_of(INPUTS["bits"] * 3))
    assert problem.text == "l needs targets of 0 and 1, and the data's lie in 0 to 3."


def test_the_inputs_are_followed_through_layers_that_move_numbers() -> None:
    samples = samples_of(np.concatenate([BITS[:, :2], INPUTS["bytes"][:, :4]], axis=1))
    whole = pg.layer("reshape", shape=(WIDTH,))
    assert errors(autoencoder("hinge", "none", whole, pg.layer("slice", count=2), units=2), samples) == []
    (problem,) = errors(autoencoder("hinge", "none", whole, pg.layer("slice", count=3), units=3), samples)
    assert [mend.text for mend in problem.mends] == [SQUARES]


def test_what_a_layer_computes_of_the_inputs_is_its_own_affair() -> None:
    shares = pg.layer("sigmoid")
    assert errors(autoencoder("binary_cross_entropy", "standardise", shares), samples_of(INPUTS["bytes"])) == []


@pytest.mark.parametrize(("behind", "fits"), [(0, True), (3, False)])
def test_steps_that_are_absent_are_not_judged(behind: int, fits: bool) -> None:
    lengths = np.arange(ROWS) % 4 + 1 + behind // 3
    x = np.where((np.arange(5) < lengths[:, None])[..., None], 1.0, 0.0) * np.ones((ROWS, 5, 2))
    there = np.arange(5) < lengths[:, None] - behind // 3
    x = np.where(there[..., None], x, 9.0).astype(np.float32)
    project = pg.Project()
    project.add(pg.dataset("adding_problem"), name="d")
    project.add(pg.layer("dense", units=2), "d", name="v")
    project.add(pg.loss("hinge"), "v", "d", name="l")
    project.set_data(scaling="none")
    found = errors(project, samples_of(x, lengths))
    assert [problem.text for problem in found] == (
        [] if fits else ["l needs targets of -1 and 1, or 0 and 1, and the data's lie in 1 to 9."]
    )


def test_tokens_are_never_scaled() -> None:
    project = pg.Project()
    project.add(pg.dataset("counting"), name="d")
    project.add(pg.layer("embedding", vocabulary=4, units=4), "d", name="v")
    project.add(pg.loss("cross_entropy"), "v", "d", name="l")
    assert errors(project, samples_of(INPUTS["classes"], tokens=4)) == []


def test_classes_of_inputs_are_taken_as_they_are() -> None:
    project = autoencoder("cross_entropy", "standardise", units=4 * WIDTH, shape=(WIDTH, 4))
    samples = samples_of(INPUTS["classes"])
    (problem,) = errors(project, samples)
    assert problem.text == "l is compared with the inputs and needs classes as they are, and the data plan scales inputs."
    assert problem.mend is not None
    assert problem.mend.text == UNSCALED
    lower(mended(project.record, problem), samples)
