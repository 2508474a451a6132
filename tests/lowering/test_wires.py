"""Which wires may be drawn; and that a refusal's mend draws the wire."""

from __future__ import annotations

import time

from playground.core import registry
from playground.document.blocks import BlockInput, BlockOutput
from playground.document.edits import AddLink
from playground.document.project import Project
from playground.lowering import fits, inspect
from playground.lowering.wires import fits_before, fits_kind
from tests.lowering.projects import add, chain, images, mended, wire


def skip() -> tuple[Project, str, str, str]:
    """conv1 (16) and conv2 (32) in a row, and a sum that conv2 feeds."""
    project, data = add(Project(), "dataset", "digits")
    project, first = add(project, "layer", "conv2d")
    project, second = add(project, "layer", "conv2d", filters=32)
    project, total = add(project, "layer", "add")
    for source, target in ((data, first), (first, second), (second, total)):
        project = wire(project, source, target)
    return project, first, second, total


def test_a_fitting_wire_is_no_problem():
    project, _, second, total = skip()
    assert fits(project, images(), second, total, 1) is None


def test_an_unequal_sum_is_refused_with_a_mend_that_draws_the_wire():
    project, first, second, total = skip()
    problem = fits(project, images(), first, total, 1)
    assert problem.node == total
    assert problem.text == "add1 needs equal shapes. conv1 gives 8×8×16; the other input is 8×8×32."
    assert problem.mend.text == "Insert a 1×1 convolution to 32 after conv1"
    after = inspect(mended(project, problem), images())
    assert after.types[total] == after.types[second]


def test_every_remedy_of_a_refusal_draws_the_wire_first():
    project, first, _, total = skip()
    problem = fits(project, images(), first, total, 1)
    assert problem.mends
    for mend in problem.mends:
        drawn = mend.edits[0]
        assert isinstance(drawn, AddLink)
        assert (drawn.source, drawn.target, drawn.port) == (first, total, 1)


def test_a_wire_replaces_the_one_at_its_port():
    project, first, _, total = skip()
    assert fits(project, images(), first, total, 0) is None


def test_loops_and_missing_ports_are_refused():
    project, ids = chain(("flatten", {}), ("dense", {"units": 10}))
    data, flat, dense, loss = ids
    assert "loop" in fits(project, images(), dense, flat, 0).text
    assert "loop" in fits(project, images(), dense, dense, 0).text
    assert fits(project, images(), data, dense, 1).text.startswith("dense1 has 1 input")
    assert fits(project, images(), loss, dense, 0).text.startswith("cross_entropy1 has no output")
    assert fits(project, images(), "nobody", dense, 0) is not None


def test_what_is_not_known_yet_is_not_refused():
    project, first, _, total = skip()
    assert fits(project, None, first, total, 1) is None
    project, lone = add(project, "layer", "relu")
    assert fits(project, images(), lone, total, 1) is None


def test_a_loss_takes_any_prediction():
    project, (_, flat, _, loss) = chain(("flatten", {}), ("dense", {"units": 10}))
    assert fits(project, images(), flat, loss, 0) is None


def test_asking_for_every_port_of_a_hundred_nodes_is_quick():
    project, ids = chain(*[("conv2d", {"filters": 8}), ("relu", {})] * 48, ("flatten", {}), ("dense", {"units": 10}))
    samples = images()
    fits(project, samples, ids[0], ids[1], 0)
    start = time.thread_time()
    refused = [fits(project, samples, ids[1], id, 0) for id in ids[1:]]
    assert time.thread_time() - start < 0.2
    assert sum(problem is not None for problem in refused) == 1


def test_a_refusal_offers_three_ways_and_says_what_comes_of_each():
    project, first, second, total = skip()
    mends = fits(project, images(), first, total, 1).mends
    assert [(mend.text, mend.note) for mend in mends] == [
        ("Insert a 1×1 convolution to 32 after conv1", "Gives 8×8×32, with 544 parameters"),
        ("Set filters of conv2 to 16", "Both are 8×8×16 then"),
        ("Join with Concat instead", "Gives 8×8×48"),
    ]
    for mend in mends:
        after = project
        for edit in mend.edits:
            after = edit.apply(after)
        seen = inspect(after, images())
        assert seen.types[total].shape in ((8, 8, 32), (8, 8, 16), (8, 8, 48))
        assert {(link.source, link.port) for link in after.network.into(total)} >= {(second, 0)}


def test_a_merge_of_what_cannot_be_made_equal_offers_concat():
    project, data = add(Project(), "dataset", "digits")
    project, flat = add(project, "layer", "flatten")
    project, dense = add(project, "layer", "dense", units=10)
    project, relu = add(project, "layer", "relu")
    project, total = add(project, "layer", "add")
    for source, target in ((data, flat), (flat, dense), (dense, relu), (relu, total)):
        project = wire(project, source, target)
    problem = fits(project, images(), flat, total, 1)
    concat = next(mend for mend in problem.mends if "Concat" in mend.text)
    assert concat.note == "Gives 74"
    for edit in concat.edits:
        project = edit.apply(project)
    assert inspect(project, images()).types[total].shape == (74,)


def test_the_ends_of_a_block_fit_wherever_a_port_is():
    """Their types are known only where the block is used."""
    project, first, second, _ = skip()
    flow = inspect(project, images())
    assert fits_before(project, images(), BlockInput(), second, 0, (flow.types[first],))
    assert fits_kind(BlockOutput(), flow.types[first], images())
    project, inside = add(project, "layer", "conv2d")
    assert fits_before(project, images(), registry.find("layer", "relu")(), inside, 0, (flow.types[first],))


def test_remedies_before_a_sequence_layer_apply():
    project, data = add(Project(), "dataset", "digits")
    project, conv = add(project, "layer", "conv2d")
    project, norm = add(project, "layer", "lstm")
    project = wire(project, data, conv)
    problem = fits(project, images(), conv, norm, 0)
    for mend in () if problem is None else problem.mends:
        after = project
        for edit in mend.edits:
            after = edit.apply(after)
        assert after != project
        assert mend.text
