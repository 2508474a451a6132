"""Every example file is what its recipe says, opens without a complaint, and trains to its stated result."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Lasso

import playground as pg
from playground.document.file import load
from playground.training.assembly import assemble
from tests.examples.recipes import EXAMPLES, FOLDER, Example, record_of

each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)


def test_there_is_a_recipe_for_every_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.play")} == {example.name for example in EXAMPLES}


@each
def test_the_file_is_what_the_recipe_makes(example: Example) -> None:
    loaded = load(FOLDER / f"{example.name}.play")
    assert loaded.problems == ()
    assert loaded.project == record_of(example)


@each
def test_it_has_no_problems(example: Example) -> None:
    assert pg.Project.load(FOLDER / f"{example.name}.play").problems() == []


@pytest.mark.result
@each
def test_it_reaches_its_result(example: Example) -> None:
    project = pg.Project.load(FOLDER / f"{example.name}.play")
    run = project.train()
    assert run.fault is None
    value = project.evaluate(example.part)[example.metric]
    assert example.reached(value), f"{example.metric} on the {example.part} part is {value:.4f}"


@pytest.mark.result
def test_the_lasso_has_exactly_the_zeros_of_scikit_learn() -> None:
    project = pg.Project.load(FOLDER / "diabetes_lasso.play")
    project.train()
    assert project.weights is not None
    found = project.weights["dense1.weight"][:, 0]
    made = assemble(project.record, project.samples())
    train = made.prepared.train
    x, y = train.x.astype(np.float64), made.lowered.columns(train)["target"][:, 0].astype(np.float64)
    # scikit-learn halves the squared error; the loss does not, so its strength is twice alpha.
    # In float32 its duality gap cannot come down to this tolerance on every processor
    lasso = Lasso(alpha=0.04, tol=1e-12, max_iter=100_000).fit(x, y)
    assert ((found == 0.0) == (lasso.coef_ == 0.0)).all()
    assert np.count_nonzero(found == 0.0) == 3
    np.testing.assert_allclose(found, lasso.coef_, atol=1e-5)


@pytest.mark.result
def test_two_runs_with_one_seed_end_in_the_same_state() -> None:
    hashes = {pg.Project.load(FOLDER / "digits_mlp.play").train(epochs=3).finished.state_sha256 for _ in range(2)}
    assert len(hashes) == 1
