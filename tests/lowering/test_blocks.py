"""Networks with blocks give the same numbers as the flat ones, bit for bit; what is wrong inside is said at the block's node."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

import playground as pg
from playground.core.samples import Samples
from playground.data.prepare import Split
from playground.document import block_files
from playground.document import edits as e
from playground.document.blocks import BlockUse, all_uses, use_of, view_of
from playground.document.problems import Mend, Problem
from playground.document.project import Project
from playground.document.weights import renamed
from playground.engine.machine import Machine
from playground.engine.plan import plan_network
from playground.lowering import fits, inspect, lower
from playground.lowering.expansion import expanded
from playground.lowering.folding import folded, names
from tests.lowering.projects import mended

ROWS = 12


def images(shape: tuple[int, ...], classes: int = 3) -> Samples:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2 * ROWS, *shape)).astype(np.float32)
    return Samples(x, rng.integers(0, classes, 2 * ROWS), "classification", tuple(f"class {i}" for i in range(classes)))


def machine_of(project: Project, samples: Samples, start: dict[str, np.ndarray] | None = None) -> Machine:
    """Trained by hand: the same start, the same rows. start: by names of the flat nodes."""
    lowered = lower(project, samples)
    machine = Machine(plan_network(lowered.graph, batch=ROWS, update=lowered.update, samples={"train": 2 * ROWS}), shuffle=False)
    machine.initialise(3)
    for name, array in (start or {}).items():
        machine.parameters()[name][...] = array
    x, y = samples.x[: 2 * ROWS], samples.y[: 2 * ROWS]
    machine.load("train", x, lowered.columns(Split(x, y, np.arange(2 * ROWS))))
    return machine


def equal_after(first: Project, second: Project, samples: Samples, steps: int = 4) -> None:
    """Train both from the same weights; every number must agree to the last bit, whatever the nodes are called."""
    before, after = names(first), names(second)
    ours = machine_of(first, samples)
    start = renamed({name: array.copy() for name, array in ours.parameters().items()}, before, after)
    theirs = machine_of(second, samples, start)
    assert set(start) == set(theirs.parameters())
    for machine in (ours, theirs):
        assert machine.run(steps).status == "done"
    for part in ("parameters", "gradients", "statistics"):
        found = renamed({name: array.copy() for name, array in getattr(ours, part)().items()}, before, after)
        for name, array in getattr(theirs, part)().items():
            np.testing.assert_array_equal(found[name], array, err_msg=f"{part} {name}")
    np.testing.assert_array_equal(ours.ring()[:steps, 0], theirs.ring()[:steps, 0])


def mixed() -> tuple[Project, dict[str, str]]:
    """Convolutions with shortcuts, fan-out and a merge; and ids by name."""
    made = pg.Project()
    data = made.add(pg.dataset("digits"), name="data")
    a = made.add(pg.layer("conv2d", filters=5), data, name="a")
    b = made.add(pg.layer("batch_norm"), a, name="b")
    c = made.add(pg.layer("relu"), b, name="c")
    d = made.add(pg.layer("conv2d", filters=5), c, name="d")
    s = made.add(pg.layer("add"), d, c, name="s")
    f = made.add(pg.layer("conv2d", filters=3, kernel=(1, 1)), s, name="f")
    j = made.add(pg.layer("concat"), f, a, s, name="j")
    p = made.add(pg.layer("global_average_pool"), j, name="p")
    o = made.add(pg.layer("dense", units=3), p, name="o")
    made.add(pg.loss("cross_entropy"), o, name="loss")
    return made.record, {node.name: node.id for node in made.record.network.nodes}


@pytest.mark.parametrize("seed", range(12))
def test_any_grouping_trains_as_the_flat_network(seed: int):
    """Blocks of random layers, blocks of blocks: the same bits."""
    rng = random.Random(seed)
    project, _ = mixed()
    samples = images((5, 7, 2))
    inner, blocks = project, 0
    for _ in range(6):
        layers = [node.id for node in inner.network.nodes if node.spec.kind == "layer"]
        try:
            inner = e.GroupIntoBlock(tuple(rng.sample(layers, rng.randint(1, min(4, len(layers)))))).apply(inner)
            blocks += 1
        except e.EditError:
            continue
    assert blocks
    found, flat = inspect(inner, samples), inspect(project, samples)
    assert not found.problems
    assert (found.total_parameters, found.total_flops) == (flat.total_parameters, flat.total_flops)
    equal_after(project, inner, samples)


@pytest.mark.parametrize("name", ["Conv-BN-ReLU", "Residual", "Inception"])
def test_the_image_blocks_that_ship_train_as_their_layers(name: str):
    project = shipped(name, pg.dataset("digits"))
    (use,) = [node for node in project.network.nodes if isinstance(node.spec, BlockUse)]
    samples = images((5, 7, 2))
    assert not inspect(project, samples).problems
    equal_after(project, e.UngroupBlock(use.id).apply(project), samples)
    assert learns(project, samples)


@pytest.mark.parametrize("name", ["Transformer encoder", "Transformer decoder"])
def test_the_transformer_blocks_that_ship_train_as_their_layers(name: str):
    project = shipped(name, pg.dataset("digits"), steps=True)
    project = undropped(project)
    (use,) = [node for node in project.network.nodes if isinstance(node.spec, BlockUse)]
    samples = images((6, 4))
    assert not inspect(project, samples).problems
    equal_after(project, e.UngroupBlock(use.id).apply(project), samples)
    assert learns(project, samples)


def shipped(name: str, data: object, steps: bool = False) -> Project:
    """Data, a block that ships, a head."""
    blocks = next(entry for entry in block_files.shipped() if entry.name == name).load()
    made = pg.Project(e.AddBlocks(blocks).apply(Project()))
    source = made.add(data, name="data")  # type: ignore[arg-type]
    into = [made.add(pg.layer("dense", units=32), source, name="wide")] if steps else [source]
    use = e.AddNode(use_of(blocks[-1]), name="block")
    made.record = use.apply(made.record)
    ports = made.node("block").spec.ports
    for port, giver in enumerate([*into, source][: len(ports)]):
        made.record = e.AddLink(made.node(giver).id, use.id, port).apply(made.record)
    flat = made.add(pg.layer("flatten"), "block", name="flat")
    out = made.add(pg.layer("dense", units=3), flat, name="out")
    made.add(pg.loss("cross_entropy"), out, name="loss")
    return made.record


def undropped(project: Project) -> Project:
    """Without dropout, whose random numbers depend on the place of a layer among all."""
    for block in project.blocks:
        for node in block.network.nodes:
            if node.spec.id == "dropout":
                project = e.EditBlock(block.id, e.SetField(node.id, "rate", 0.0)).apply(project)
    return project


def learns(project: Project, samples: Samples) -> bool:
    machine = machine_of(project, samples)
    machine.run(120)
    losses = machine.ring()[:120, 0]
    return bool(losses[-4:].mean() < 0.5 * losses[:4].mean())


def twice(shared: bool) -> tuple[Project, e.GroupIntoBlock, list[str]]:
    """A block used two times in a row. Gives the project, how it was made, and both uses."""
    made = pg.Project()
    data = made.add(pg.dataset("iris"), name="data")
    first = made.add(pg.layer("dense", units=4), data, name="first")
    bend = made.add(pg.layer("tanh"), first, name="bend")
    edit = e.GroupIntoBlock((made.node(first).id, made.node(bend).id), "Step")
    made.record = edit.apply(made.record)
    again = e.AddNode(use_of(made.record.blocks[0]))
    made.record = again.apply(made.record)
    made.record = e.AddLink(edit.id, again.id).apply(made.record)
    made.add(
        pg.loss("cross_entropy"),
        made.add(pg.layer("dense", units=3), made.record.network.node(again.id).name, name="last"),
        name="loss",
    )
    if shared:
        for id in (edit.id, again.id):
            made.record = e.SetField(id, "shared", True).apply(made.record)
    return made.record, edit, [edit.id, again.id]


def test_uses_have_weights_of_their_own_or_share_them():
    samples = pg.Project(twice(False)[0]).samples()
    own, _, uses = twice(False)
    assert [inspect(own, samples).parameters[id] for id in uses] == [20, 20]
    shared, _, uses = twice(True)
    assert [inspect(shared, samples).parameters[id] for id in uses] == [20, 0]
    assert set(machine_of(shared, samples).parameters()) == {"step1/first.weight", "step1/first.bias", "last.weight", "last.bias"}


def test_uses_that_share_train_as_layers_that_share():
    shared, _, _ = twice(True)
    flat = pg.Project()
    data = flat.add(pg.dataset("iris"), name="data")
    one = flat.add(pg.layer("tanh"), flat.add(pg.layer("dense", units=4), data, name="first"), name="bend")
    two = flat.add(pg.layer("tanh"), flat.add(pg.layer("dense", units=4), one, name="second"), name="bend2")
    flat.add(pg.loss("cross_entropy"), flat.add(pg.layer("dense", units=3), two, name="last"), name="loss")
    flat.share("second", "first")
    samples = flat.samples()
    ours, theirs = machine_of(shared, samples), machine_of(flat.record, samples)
    for machine in (ours, theirs):
        machine.run(5)
    for name, array in theirs.parameters().items():
        np.testing.assert_array_equal(ours.parameters()[name.replace("first", "step1/first")], array)


def test_sharing_reaches_into_nested_blocks():
    project, _, uses = twice(False)
    outer = e.GroupIntoBlock((uses[0],), "Outer")
    project = outer.apply(project)
    again = e.AddNode(use_of(project.blocks[-1]))
    for one in (again, e.AddLink(uses[1], again.id), e.SetField(outer.id, "shared", True), e.SetField(again.id, "shared", True)):
        project = one.apply(project)
    flat = {node.name: node for node in expanded(project).project.network.nodes}
    assert flat["outer2/step1/first"].shares == flat["outer1/step1/first"].id
    assert not flat["step2/first"].shares


def test_options_and_groups_of_a_block_hold_for_all_inside():
    project, edit, uses = twice(False)
    for one in (
        e.SetNodeOption(uses[0], "frozen", True),
        e.SetNodeOption(uses[1], "rate_factor", 0.5),
        e.EditBlock(edit.block, e.SetNodeOption(project.blocks[0].network.nodes[1].id, "rate_factor", 0.2)),
        e.AddGroup("slow", "step2", ()),
    ):
        project = one.apply(project)
    project = e.SetGroup(project.groups[0].id, "decay_factor", 3.0).apply(project)
    samples = pg.Project(project).samples()
    update = lower(project, samples).update
    assert update.frozen == {"step1/first"}
    assert update.rate_factors["step2/first"] == pytest.approx(0.1)
    assert update.decay_factors["step2/first"] == 3.0
    other = e.AddGroup("other", nodes=(uses[0],))
    project = e.SetGroup(other.id, "decay_factor", 7.0).apply(
        other.apply(e.SetNodeOption(uses[0], "frozen", False).apply(project))
    )
    assert lower(project, samples).update.decay_factors["step1/first"] == 7.0


def at(problems: list[Problem], node: str) -> list[str]:
    return [problem.text for problem in problems if problem.node == node]


def test_what_is_wrong_inside_is_said_at_the_block_and_mended_in_its_definition():
    made = pg.Project()
    data = made.add(pg.dataset("iris"), name="data")
    conv = made.add(pg.layer("conv2d", filters=4), data, name="conv")
    edit = e.GroupIntoBlock((made.node(conv).id,), "Eyes")
    made.record = edit.apply(made.record)
    pool = made.add(pg.layer("global_average_pool"), "eyes1", name="pool")
    made.add(pg.loss("cross_entropy"), made.add(pg.layer("dense", units=3), pool, name="last"), name="loss")
    samples = made.samples()
    found = inspect(made.record, samples).problems
    texts = at(found, edit.id)
    assert len(texts) == 1
    assert texts[0].startswith("eyes1: conv needs an image")
    assert "data gives 4" in texts[0]
    problem = next(one for one in found if one.node == edit.id)
    assert problem.mend is not None
    assert all(isinstance(one, e.EditBlock) for one in problem.mend.edits)
    after = mended(made.record, problem)
    assert [node.spec.id for node in after.blocks[0].network.nodes] == ["block_input", "conv2d", "block_output", "reshape"]
    assert not inspect(after, samples).errors


def test_every_remedy_inside_is_made_one_of_the_definition_and_those_across_its_border_are_left_out():
    project, edit, uses = twice(False)
    inner = project.blocks[0].network.nodes[1].id
    narrow = Mend(text="Narrow", edits=(e.SetField(f"{uses[0]}/{inner}", "units", 3),))
    across = Mend(text="Across", edits=(e.AddLink(f"{uses[0]}/{inner}", uses[1]),))
    wide = Mend(text="Wide", edits=(e.SetField(f"{uses[0]}/{inner}", "units", 5),))
    found = folded(project, Problem(text="Bad.", node=f"{uses[0]}/{inner}", mends=(across, narrow, wide)))
    assert [mend.text for mend in found.mends] == ["Narrow", "Wide"]
    assert found.mend == found.mends[0]
    for mend, units in zip(found.mends, (3, 5), strict=True):
        after = e.Several("", mend.edits).apply(project)
        assert after.blocks[0].network.node(inner).spec.units == units


def test_a_bad_setting_inside_is_told_once_whatever_the_uses():
    project, edit, uses = twice(False)
    inner = project.blocks[0].network.nodes[1].id
    project = e.EditBlock(edit.block, e.SetField(inner, "units", 0)).apply(project)
    samples = pg.Project(project).samples()
    found = inspect(project, samples)
    (problem,) = [one for one in found.errors if "units" in one.text.lower()]
    assert problem.text.startswith("step1: ")
    assert problem.node == uses[0]
    assert not inspect(mended(project, problem), samples).errors


def test_wires_to_and_from_blocks_are_judged_by_what_is_inside():
    project, _, uses = twice(False)
    samples = pg.Project(project).samples()
    image = images((5, 7, 2))
    lone = e.AddNode(pg.layer("conv2d"))
    grown = e.RemoveLinks((project.network.into(uses[1])[0].id,)).apply(lone.apply(project))
    assert fits(grown, samples, uses[0], uses[1], 0) is None
    refused = fits(grown, samples, uses[0], lone.id, 0)
    assert refused is not None
    assert "needs an image" in refused.text
    assert fits(grown, image, uses[0], lone.id, 0) is None
    loop = fits(grown, samples, uses[1], uses[0], 0)
    assert loop is None or "loop" in loop.text
    into_block = e.GroupIntoBlock((lone.id,)).apply(grown)
    block = into_block.network.nodes[-1]
    bad = fits(into_block, samples, uses[0], block.id, 0)
    assert bad is not None
    assert bad.text.startswith(f"{block.name}: conv1 needs an image")
    assert bad.node == block.id
    assert bad.mend is not None
    healed = into_block
    for one in bad.mend.edits:
        healed = one.apply(healed)  # type: ignore[attr-defined]
    assert healed.network.into(block.id)


def test_inside_a_block_types_are_those_of_where_it_stands():
    project, edit, _ = twice(False)
    samples = pg.Project(project).samples()
    inputs = [node.id for node in project.blocks[0].network.nodes if node.spec.id == "block_input"]
    entry = expanded(project).entries[edit.id]
    assert entry == ((project.network.nodes[0].id, 0),)
    view = view_of(project, edit.block, {inputs[0]: inspect(project, samples).types[project.network.nodes[0].id]})
    found = inspect(view, samples)
    assert [str(found.types[node.id]) for node in view.network.nodes] == ["4", "4", "4", "4"]
    assert not found.problems
    assert fits(view, samples, view.network.nodes[1].id, view.network.nodes[3].id, 0) is None
    assert inspect(view_of(project, edit.block), samples).types == {}


def test_a_block_that_only_passes_things_on_changes_nothing():
    project, edit, uses = twice(False)
    inner = {node.spec.id: node.id for node in project.blocks[0].network.nodes}
    straight = e.EditBlock(edit.block, e.RemoveNodes(tuple(n.id for n in project.blocks[0].network.nodes[1:3]))).apply(project)
    straight = e.EditBlock(edit.block, e.AddLink(inner["block_input"], inner["block_output"])).apply(straight)
    samples = pg.Project(project).samples()
    found = inspect(straight, samples)
    assert not found.errors
    assert [str(found.types[id]) for id in uses] == ["4", "4"]
    assert [node.name for node in expanded(straight).project.network.nodes] == ["data", "last", "loss"]
    assert len(all_uses(straight, edit.block)) == 2


def test_trained_weights_follow_layers_into_a_block_and_out_of_it():
    project, ids = mixed()
    weights = {"a.weight": np.ones(3), "o.bias": np.zeros(2)}
    edit = e.GroupIntoBlock((ids["a"], ids["b"], ids["c"]), "Stem")
    inside = edit.apply(project)
    moved = renamed(weights, names(project), names(inside))
    assert set(moved) == {"stem1/a.weight", "o.bias"}
    named = e.RenameNode(edit.id, "eyes").apply(inside)
    assert set(renamed(moved, names(inside), names(named))) == {"eyes/a.weight", "o.bias"}
    assert set(renamed(moved, names(inside), names(e.UngroupBlock(edit.id).apply(inside)))) == set(weights)


def test_exports_of_a_network_with_blocks_are_certified(tmp_path):
    made = pg.Project(twice(True)[0])
    made.train(epochs=2)
    for suffix in (".onnx", ".safetensors", ".npz"):
        made.export(tmp_path / f"net{suffix}")
    made.save(tmp_path / "net.play")
    again = pg.Project.load(tmp_path / "net.play")
    assert again.record == made.record
    np.testing.assert_array_equal(again.predict(made.samples().x[:7]), made.predict(made.samples().x[:7]))


def test_a_project_without_blocks_is_not_touched():
    project, _ = mixed()
    assert expanded(project).project is project
    grouped = dataclasses.replace(e.GroupIntoBlock((project.network.nodes[1].id,)).apply(project))
    assert expanded(grouped) is expanded(grouped)
