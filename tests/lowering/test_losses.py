"""What a loss says about the data, the network's output and the weights of samples, and whether its mend makes that go away."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from playground.core import registry
from playground.core.samples import Samples
from playground.core.spec import Loss
from playground.document.edits import SetPlan
from playground.lowering import inspect, lower
from tests.lowering.projects import add, chain, images, mended, values, wire

#: Loss, its settings, samples that it suits and the numbers that it then needs.
CLASSES = images(3, (4,))
TWO = images(2, (4,))
PARTS = Samples(
    np.zeros((40, 4), np.float32), np.random.default_rng(1).dirichlet(np.ones(3), 40).astype(np.float32), "regression"
)
SUITED = {
    "mean_squared_error": (values(3), 3),
    "mean_absolute_error": (values(3), 3),
    "huber": (values(3), 3),
    "binary_cross_entropy": (TWO, 1),
    "hinge": (TWO, 1),
    "squared_hinge": (TWO, 1),
    "exponential_loss": (TWO, 1),
    "cross_entropy": (CLASSES, 3),
    "negative_log_likelihood": (CLASSES, 3),
    "multi_class_hinge": (CLASSES, 3),
    "kl_divergence": (PARTS, 3),
}
LAYERS = ("", "softmax", "sigmoid", "hard_sigmoid", "log_softmax", "tanh", "gelu", "relu", "softplus")


def problems(project, samples):
    return [p for p in inspect(project, samples).problems if not p.text.startswith("log_softmax")]


def network(loss: str, layer: str, **settings):
    """Data, a dense layer of the right width, a layer of one's choice and the loss; targets as they are."""
    samples, n = SUITED[loss]
    steps = [("dense", {"units": n}), *([(layer, {})] if layer else [])]
    project, ids = chain(*steps, loss=loss)
    for name, value in settings.items():
        node = project.network.node(ids[-1])
        nodes = [
            dataclasses.replace(n, spec=dataclasses.replace(n.spec, **{name: value})) if n is node else n
            for n in project.network.nodes
        ]
        project = dataclasses.replace(project, network=dataclasses.replace(project.network, nodes=tuple(nodes)))
    return SetPlan("data", "scale_targets", False).apply(project), samples


def form(gives: str, expects: str, binary: bool) -> bool:
    """Whether a layer that gives this suits a loss that expects that. binary: it answers yes or no, by numbers below 0 too."""
    if gives == "positive" and expects in ("logits", "margin"):
        return not binary
    if expects in ("probabilities", "log_probabilities"):
        return gives == expects
    return gives in ("", expects) if expects in ("logits", "margin") else True


def test_every_loss_is_looked_at_here():
    assert set(SUITED) <= {record.id for record in registry.entries("loss")}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("loss", SUITED)
def test_every_layer_before_every_loss(loss, layer):
    """A warning where the two do not suit each other; one click mends it, and nothing else then comes up."""
    variants = [{}] if loss != "kl_divergence" else [{}, {"prediction": "log_probabilities"}]
    for settings in variants:
        project, samples = network(loss, layer, **settings)
        spec = next(node.spec for node in project.network.nodes if isinstance(node.spec, Loss))
        gives = registry.find("layer", layer).gives if layer else ""
        found = inspect(project, samples).problems
        if form(gives, spec.expects, spec.target == "binary"):
            assert found == []
            continue
        (problem,) = found
        assert problem.severity == "warning"
        assert " expects " in problem.text
        after = mended(project, problem)
        assert inspect(after, samples).problems == []
        lower(after, samples)


def test_a_loss_on_logarithms_after_a_softmax_makes_it_a_log_softmax():
    project, samples = network("negative_log_likelihood", "softmax")
    (problem,) = inspect(project, samples).problems
    assert problem.text.endswith("expects logarithms of probabilities, and softmax1 gives probabilities.")
    assert problem.mend.text == "Make softmax1 a LogSoftmax"
    assert [node.spec.id for node in mended(project, problem).network.nodes][2] == "log_softmax"


@pytest.mark.parametrize(
    ("loss", "samples", "says", "mend"),
    [
        ("hinge", images(3, (4,)), "hinge1 answers yes or no, and the data has 3 classes.", "Use cross-entropy"),
        ("hinge", values(), "hinge1 needs targets of -1 and 1, or 0 and 1, and the data's lie in", "Use mean squared error"),
        ("multi_class_hinge", values(), "multi_class_hinge1 needs classes, and the data has values.", "Use mean squared error"),
        (
            "kl_divergence",
            images(3, (4,)),
            "kl_divergence1 compares distributions, and the data has classes.",
            "Use cross-entropy",
        ),
        (
            "kl_divergence",
            values(3),
            "kl_divergence1 needs shares of at least 0, and the least of the data's is",
            "Use mean squared error",
        ),
        (
            "kl_divergence",
            values(3, binary=True),
            "kl_divergence1 needs shares that sum to 1, and some of the data's sum to",
            "Use mean squared error",
        ),
        (
            "kl_divergence",
            PARTS,
            "kl_divergence1 needs shares as they are, and the data plan scales targets.",
            "Leave targets unscaled",
        ),
        (
            "hinge",
            values(2, binary=True),
            "hinge1 needs targets of 0 and 1 as they are, and the data plan scales targets.",
            "Leave targets unscaled",
        ),
    ],
)
def test_a_loss_for_other_targets(loss, samples, says, mend):
    project, _ = chain(("dense", {"units": 3 if samples.classes or samples.y.shape[1] == 3 else samples.y.shape[1]}), loss=loss)
    (problem,) = (p for p in inspect(project, samples).problems if p.text.startswith(says))
    assert problem.mend.text == mend
    assert says not in str(inspect(mended(project, problem), samples).problems)


def test_plus_and_minus_one_are_targets_of_a_hinge():
    y = np.where(np.arange(40) % 2, 1.0, -1.0).astype(np.float32)[:, None]
    project, _ = chain(("dense", {"units": 1}), loss="hinge")
    project = SetPlan("data", "scale_targets", False).apply(project)
    assert inspect(project, Samples(np.zeros((40, 4), np.float32), y, "regression")).problems == []


def test_a_class_for_every_step():
    y = np.arange(40 * 6).reshape(40, 6) % 3
    samples = Samples(np.zeros((40, 6, 2), np.float32), y, "classification", ("a", "b", "c"))
    project, _ = chain(("dense", {"units": 3}))
    assert inspect(project, samples).errors == []
    wrong, _ = chain(("dense", {"units": 4}))
    (problem,) = inspect(wrong, samples).errors
    assert problem.text == "cross_entropy1 needs 6×3 numbers, one for each class. dense1 gives 6×4."


def test_class_weights_of_another_number_of_classes_are_named():
    project, samples = network("cross_entropy", "", class_weights=(1.0, 2.0))
    (problem,) = inspect(project, samples).errors
    assert problem.text == "cross_entropy1 has 2 class weights and needs 3, one for each class. dense1 gives 3."
    assert problem.field == "class_weights"
    assert problem.mend is not None
    assert problem.mend.text == "Set class weights of cross_entropy1 to all alike"


def test_weights_of_the_data_that_no_loss_reads_are_pointed_out():
    project, samples = network("cross_entropy", "")
    weighted = dataclasses.replace(samples, weights=np.ones(40, np.float32))
    (problem,) = inspect(project, weighted).problems
    assert problem.severity == "warning"
    assert problem.text == "digits1 says what each sample counts, and cross_entropy1 does not read it."
    assert problem.mend.text == "Wire the weights"
    after = mended(project, problem)
    assert inspect(after, weighted).problems == []
    assert "weights" in [lower(after, weighted).graph.values[c].name for c in lower(after, weighted).graph.columns]


def test_losses_that_read_the_same_target_otherwise_get_columns_of_their_own():
    """Cross-entropy of yes and no wants 0 and 1, hinge -1 and 1."""
    project, ids = chain(("dense", {"units": 1}), loss="hinge")
    project, second = add(project, "loss", "binary_cross_entropy")
    project = wire(project, ids[1], second)
    project, third = add(project, "loss", "squared_hinge")
    project = wire(project, ids[1], third)
    lowered = lower(project, TWO)
    assert [head.column for head in lowered.heads] == ["target", "target 2", "target"]
    from playground.data.prepare import prepare

    columns = lowered.columns(prepare(TWO).train)
    assert set(np.unique(columns["target"])) == {-1.0, 1.0}
    assert set(np.unique(columns["target 2"])) == {0.0, 1.0}
