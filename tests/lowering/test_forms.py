"""The form of a prediction is that of the layer that makes it, whatever passes it on; what mends it works inside blocks too."""

from __future__ import annotations

import pytest

import playground as pg
from playground.document.edits import EditBlock
from playground.lowering import inspect, lower
from tests.lowering.projects import chain, images, mended

SAMPLES = images(10, (4,))
PASSING = {
    "reshape": {"shape": (10,)},
    "flatten": {},
    "dropout": {},
    "gaussian_noise": {},
    "permute": {"order": (0,)},
    "slice": {"count": 0},
    "gradient_reversal": {},
}


@pytest.mark.parametrize("passing", PASSING)
def test_a_softmax_is_seen_behind_layers_that_pass_its_shares_on(passing):
    project, ids = chain(("dense", {"units": 10}), ("softmax", {}), (passing, PASSING[passing]), ("flatten", {}))
    (problem,) = inspect(project, SAMPLES).problems
    assert problem.text == "cross_entropy1 expects logits, and softmax1 gives probabilities: learning would be slow."
    assert [mend.text for mend in problem.mends] == ["Take softmax1 out"]
    after = mended(project, problem)
    assert [node.id for node in after.network.nodes] == [id for id in ids if id != ids[2]]
    assert [link.source for link in after.network.into(ids[3])] == [ids[1]]
    assert inspect(after, SAMPLES).problems == []
    lower(after, SAMPLES)


def test_what_others_read_too_stays():
    project, ids = chain(("dense", {"units": 10}), ("softmax", {}), ("flatten", {}))
    made = pg.Project(project)
    made.add(pg.loss("negative_log_likelihood"), "softmax1", name="other")
    first = next(one for one in inspect(made.record, SAMPLES).problems if one.node == ids[-1])
    after = mended(made.record, first)
    assert [node.name for node in after.network.nodes][2] == "softmax1"
    assert [one.node == ids[-1] for one in inspect(after, SAMPLES).problems] == [False]


def test_a_layer_that_computes_hides_what_came_before():
    project, _ = chain(("dense", {"units": 10}), ("softmax", {}), ("dense", {"units": 10}))
    assert inspect(project, SAMPLES).problems == []


def test_logarithms_of_shares_are_such_where_the_shares_stay_together():
    steps = [("dense", {"units": 10}), ("log_softmax", {}), ("reshape", {"shape": (1, 10)}), ("flatten", {})]
    project, _ = chain(*steps, loss="negative_log_likelihood")
    assert inspect(project, SAMPLES).problems == []
    for torn in ([("reshape", {"shape": (5, 2)}), ("permute", {}), ("flatten", {})], [("dropout", {})]):
        project, _ = chain(*steps[:2], *torn, loss="negative_log_likelihood")
        (problem,) = inspect(project, SAMPLES).problems
        assert "does not say that it gives them" in problem.text


def test_a_softmax_before_a_flatten_becomes_its_logarithm():
    project, _ = chain(("dense", {"units": 10}), ("softmax", {}), ("flatten", {}), loss="negative_log_likelihood")
    (problem,) = inspect(project, SAMPLES).problems
    assert problem.text.endswith("expects logarithms of probabilities, and softmax1 gives probabilities.")
    assert problem.mend.text == "Make softmax1 a LogSoftmax"
    assert inspect(mended(project, problem), SAMPLES).problems == []


@pytest.mark.parametrize(
    ("layer", "loss", "says"),
    [
        ("hard_sigmoid", "binary_cross_entropy", "expects logits, and x gives probabilities: learning would be slow."),
        ("relu", "hinge", "expects numbers of either sign, and x gives numbers of at least 0: it could never say no."),
        ("relu", "squared_hinge", "expects numbers of either sign, and x gives numbers of at least 0: it could never say no."),
        ("softplus", "binary_cross_entropy", "expects logits, and x gives numbers of at least 0: it could never say no."),
    ],
)
def test_layers_that_leave_a_loss_of_yes_and_no_one_answer(layer, loss, says):
    made = pg.Project()
    made.add(pg.dataset("moons"), name="d")
    made.add(pg.layer(layer), made.add(pg.layer("dense", units=1), "d"), name="x")
    made.add(pg.loss(loss), "x", name="l")
    (problem,) = made.warnings()
    assert problem.text == f"l {says}"
    assert [mend.text for mend in problem.mends] == ["Take x out"]


def headed(*inside: str) -> pg.Project:
    """A softmax in a block with other layers, before cross-entropy."""
    made = pg.Project()
    made.add(pg.dataset("digits"), name="d")
    made.add(pg.layer("dense", units=10), made.add(pg.layer("flatten"), "d"), name="dense2")
    made.add(pg.layer("softmax"), "dense2", name="softmax1")
    made.make_block("Head", *inside)
    made.add(pg.loss("cross_entropy"), "head1", name="l")
    return made


@pytest.mark.parametrize("inside", [("dense2", "softmax1"), ("softmax1",)])
def test_a_softmax_in_a_block_is_taken_out_of_its_definition(inside):
    made = headed(*inside)
    (problem,) = made.warnings()
    assert problem.text == "l expects logits, and head1/softmax1 gives probabilities: learning would be slow."
    assert [mend.text for mend in problem.mends] == ["Take head1/softmax1 out"]
    assert all(isinstance(edit, EditBlock) for edit in problem.mend.edits)
    after = mended(made.record, problem)
    assert "softmax1" not in [node.name for node in after.blocks[0].network.nodes]
    assert inspect(after, made.samples()).problems == []
    lower(after, made.samples())


def test_a_softmax_in_a_block_of_a_block():
    made = headed("dense2", "softmax1")
    made.make_block("Outer", "head1")
    (problem,) = made.warnings()
    after = mended(made.record, problem)
    assert inspect(after, made.samples()).problems == []
