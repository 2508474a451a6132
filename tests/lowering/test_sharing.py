"""Shared weights against PyTorch: counted once, gradients added, matrices read turned round; and what is refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

import playground as pg
from playground.data.prepare import Split
from playground.document.edits import EditError, RemoveNodes, SetField, ShareWeights
from playground.document.project_json import from_json, to_json
from playground.engine.machine import Machine
from playground.engine.plan import plan_network
from playground.lowering import inspect, lower, tie_of

ROWS = 24


def autoencoder() -> pg.Project:
    """Digits to 5 numbers and back with the same matrix."""
    made = pg.Project()
    data = made.add(pg.dataset("digits"), name="digits")
    flat = made.add(pg.layer("flatten"), data)
    encode = made.add(pg.layer("dense", units=5), flat, name="encode")
    bend = made.add(pg.layer("tanh"), encode)
    decode = made.add(pg.layer("dense", units=64), bend, name="decode")
    image = made.add(pg.layer("reshape", shape=(8, 8, 1)), decode)
    made.add(pg.loss("mean_squared_error"), image, data, name="loss")
    return made.share("decode", "encode", transposed=True)


def machine_of(project: pg.Project, rows: int = ROWS, chains: int = 2):
    samples = project.samples()
    lowered = lower(project.record, samples)
    plan = plan_network(lowered.graph, batch=rows, update=lowered.update, samples={"train": rows}, chains=chains)
    machine = Machine(plan, shuffle=False)
    machine.initialise(3)
    x = samples.x[:rows]
    machine.load("train", x, lowered.columns(Split(x, samples.y[:rows], np.arange(rows))))
    return machine, x


@pytest.mark.parametrize("chains", [1, 2])
def test_a_tied_autoencoder_has_the_gradients_of_torch(chains):
    machine, x = machine_of(autoencoder(), chains=chains)
    assert set(machine.parameters()) == {"encode.weight", "encode.bias", "decode.bias"}
    held = {name: torch.tensor(array.astype(np.float64), requires_grad=True) for name, array in machine.parameters().items()}
    flat = torch.tensor(x.reshape(ROWS, 64).astype(np.float64))
    code = torch.tanh(flat @ held["encode.weight"] + held["encode.bias"])
    loss = ((code @ held["encode.weight"].T + held["decode.bias"] - flat) ** 2).mean()
    loss.backward()
    assert machine.run(1).status == "done"
    assert machine.ring()[0, 0] == pytest.approx(float(loss.detach()), rel=1e-5)
    for name, gradient in machine.gradients().items():
        np.testing.assert_allclose(gradient, held[name].grad.numpy(), rtol=2e-4, atol=1e-5, err_msg=name)


def twins() -> pg.Project:
    """One layer used twice in a row."""
    made = pg.Project()
    data = made.add(pg.dataset("iris"), name="iris")
    first = made.add(pg.layer("dense", units=4), data, name="first")
    bend = made.add(pg.layer("relu"), first)
    second = made.add(pg.layer("dense", units=4), bend, name="second")
    made.add(pg.loss("cross_entropy"), made.add(pg.layer("dense", units=3), second, name="last"), name="loss")
    return made.share("first", "second")


def test_one_layer_used_twice_has_the_gradients_of_torch():
    """The node that shares stands before the one whose weights these are."""
    project = twins()
    machine, x = machine_of(project)
    assert set(machine.parameters()) == {"second.weight", "second.bias", "last.weight", "last.bias"}
    held = {name: torch.tensor(array.astype(np.float64), requires_grad=True) for name, array in machine.parameters().items()}
    y = torch.tensor(project.samples().y[:ROWS])
    once = torch.relu(torch.tensor(x.astype(np.float64)) @ held["second.weight"] + held["second.bias"])
    logits = (once @ held["second.weight"] + held["second.bias"]) @ held["last.weight"] + held["last.bias"]
    loss = torch.nn.functional.cross_entropy(logits, y)
    loss.backward()
    machine.run(1)
    for name, gradient in machine.gradients().items():
        np.testing.assert_allclose(gradient, held[name].grad.numpy(), rtol=2e-4, atol=1e-5, err_msg=name)


#: Settings of both layers, of both functions of torch; the convolution gives (filters) and the transposed one takes.
KERNELS = {
    "plain": ({}, {}, (8, 8)),
    "stride": ({"stride": (2, 2)}, {"stride": (2, 2), "output_padding": (1, 1)}, (8, 8)),
    "dilation": ({"dilation": (2, 2), "amount": (2, 2)}, {"dilation": (2, 2), "amount": (2, 2)}, (8, 8)),
}


def convolutional(first: dict, second: dict) -> pg.Project:
    """Digits to four maps and back with the same kernel."""
    made, both = pg.Project(), {"kernel": (3, 3), "padding": "explicit"}
    data = made.add(pg.dataset("digits"), name="digits")
    encode = made.add(pg.layer("conv2d", **{"filters": 4, **both, **first}), data, name="encode")
    bend = made.add(pg.layer("tanh"), encode)
    decode = made.add(pg.layer("conv_transpose2d", **{"filters": 1, "stride": (1, 1), **both, **second}), bend, name="decode")
    made.add(pg.loss("mean_squared_error"), decode, data, name="loss")
    return made.share("decode", "encode")


@pytest.mark.parametrize("chains", [1, 2])
@pytest.mark.parametrize(("first", "second", "extents"), KERNELS.values(), ids=KERNELS)
def test_a_tied_convolutional_autoencoder_has_the_gradients_of_torch(first, second, extents, chains):
    """The kernel is one, each layer has a bias of its own."""
    project = convolutional(first, second)
    assert project.problems() == project.warnings() == []
    machine, x = machine_of(project, chains=chains)
    held = {name: torch.tensor(array.astype(np.float64), requires_grad=True) for name, array in machine.parameters().items()}
    assert {name: tuple(one.shape) for name, one in held.items()} == {
        "encode.weight": (3, 3, 1, 4), "encode.bias": (4,), "decode.bias": (1,),
    }  # fmt: skip
    image, kernel = torch.tensor(x.astype(np.float64)).permute(0, 3, 1, 2), held["encode.weight"].permute(3, 2, 0, 1)
    names = {"amount": "padding"}
    given, taken = ({"padding": 1} | {names.get(key, key): n for key, n in one.items()} for one in (first, second))
    code = torch.tanh(torch.nn.functional.conv2d(image, kernel, held["encode.bias"], **given))
    back = torch.nn.functional.conv_transpose2d(code, kernel, held["decode.bias"], **taken)
    assert back.shape[2:] == extents
    loss = ((back - image) ** 2).mean()
    loss.backward()
    machine.run(1)
    assert machine.ring()[0, 0] == pytest.approx(float(loss.detach()), rel=1e-5)
    assert set(machine.gradients()) == set(held)
    for name, gradient in machine.gradients().items():
        np.testing.assert_allclose(gradient, held[name].grad.numpy(), rtol=2e-4, atol=1e-5, err_msg=name)


def test_a_kernel_that_is_tied_counts_once_and_leaves_each_layer_its_bias(tmp_path):
    project = convolutional({}, {})
    record, samples = project.record, project.samples()
    found, ids = inspect(record, samples), {node.name: node.id for node in record.network.nodes}
    assert (found.parameters[ids["encode"]], found.parameters[ids["decode"]]) == (3 * 3 * 4 + 4, 1)
    tie = tie_of(record, samples, ids["encode"], ids["decode"])
    assert (tie.plain, tie.transposed, tie.problem) == (True, False, None)
    project.train(epochs=1)
    project.export(tmp_path / "net.onnx")
    assert sorted(project.weights) == ["decode.bias", "encode.bias", "encode.weight"]


def test_a_bias_that_does_not_fit_needs_a_kernel_that_does():
    project = convolutional({"filters": 5}, {"kernel": (3, 5), "amount": (1, 2)})
    (problem,) = project.problems()
    assert problem.text.startswith("decode shares the weight of encode, which is 3×3×1×5; it needs 3×5×1×5.")


def test_a_bias_of_its_own_trains_as_its_own_layer_says():
    project = convolutional({}, {}).set_node("decode", frozen=True)
    (problem,) = project.warnings()
    assert problem.text.endswith("encode alone says whether and how fast these train. What decode says holds for its own.")
    first, second = (dict(project.train(epochs=n, seed=2).weights) for n in (1, 2))
    assert np.array_equal(first["decode.bias"], second["decode.bias"])
    assert not np.array_equal(first["encode.weight"], second["encode.weight"])


def test_shared_weights_count_once_and_are_exported_once(tmp_path):
    project = autoencoder()
    found = inspect(project.record, project.samples())
    assert found.parameters[project.node("decode").id] == 64
    assert found.total_parameters == 64 * 5 + 5 + 64
    project.train(epochs=1)
    for suffix in (".onnx", ".safetensors", ".npz"):
        project.export(tmp_path / f"net{suffix}")
    import onnx

    stored = [one.name for one in onnx.load(tmp_path / "net.onnx").graph.initializer]
    assert stored.count("encode.weight") == 1
    assert "decode.weight" not in stored


def test_it_survives_the_file_and_the_end_of_the_node_it_shares_with():
    record = autoencoder().record
    again, found = from_json(to_json(record))
    assert not found.faults
    assert again == record
    nodes = {node.name: node for node in record.network.nodes}
    alone = RemoveNodes((nodes["encode"].id,)).apply(record)
    assert alone.network.node(nodes["decode"].id).shares == ""


def test_settings_of_how_weights_train_are_those_of_their_owner():
    project = pg.Project.chain(pg.dataset("iris"), *[pg.layer("dense", units=6) for _ in range(3)], pg.layer("dense", units=3))
    project.share("dense3", "dense2")
    assert project.warnings() == []
    project.set_node("dense3", frozen=True)
    start, found = project.train(epochs=1, seed=2).weights, project.train(epochs=2, seed=2).weights
    assert not np.array_equal(start["dense2.weight"], found["dense2.weight"])
    (problem,) = project.warnings()
    assert problem.text == "dense3 uses the weights of dense2, and dense2 alone says whether and how fast they train."
    for edit in problem.mend.edits:
        project.record = edit.apply(project.record)
    assert project.warnings() == []
    assert (project.node("dense2").frozen, project.node("dense3").frozen) == (True, False)
    start, found = project.train(epochs=1, seed=2).weights, project.train(epochs=2, seed=2).weights
    assert np.array_equal(start["dense2.weight"], found["dense2.weight"])


def tied(first, second, transposed: bool = False, data: str = "iris", behind: Sequence = ()) -> pg.Project:
    project = pg.Project.chain(pg.dataset(data), first, second, *behind, pg.layer("dense", units=10 if data == "digits" else 3))
    one, two = (node.name for node in project.record.network.nodes[1:3])
    return project.share(two, one, transposed=transposed)


def expression(text: str):
    return pg.layer("expression", function=text)


def kernels() -> tuple:
    return pg.layer("conv2d", filters=4), pg.layer("conv_transpose2d", filters=1, kernel=(3, 3), stride=(1, 1))


IDLE = {
    "nothing to give": (tied(pg.layer("relu"), pg.layer("dense", units=4)), "has no weights to share; dense1 trains its own.", 4),
    "nothing to take": (tied(pg.layer("dense", units=4), pg.layer("relu")), "relu1 is tied to dense1 and has no weights.", 4),
    "other names": (tied(expression("a*x; a = 2"), expression("b*x; b = 2")), "of another kind or have other names", 4),
    "no matrix": (tied(*kernels(), True, "digits", behind=[pg.layer("flatten")]), "since only matrices are read transposed", 6),
}


@pytest.mark.parametrize(("project", "text", "tensors"), IDLE.values(), ids=IDLE)
def test_a_tie_that_shares_nothing_is_told_and_ended(project: pg.Project, text: str, tensors: int):
    """It trains, with two sets of weights."""
    record, samples = project.record, project.samples()
    found = inspect(record, samples)
    (problem,) = found.problems
    taker = record.network.nodes[2]
    assert (problem.severity, problem.node, found.idle_ties) == ("warning", taker.id, {taker.id})
    assert text in problem.text
    assert len(lower(record, samples).graph.parameters) == tensors
    for edit in problem.mend.edits:
        record = edit.apply(record)
    assert record.network.node(taker.id).shares == ""
    assert inspect(record, samples).problems == []
    assert len(lower(record, samples).graph.parameters) == tensors


def test_how_a_node_trains_holds_for_weights_that_it_shares_in_vain():
    project = tied(pg.layer("relu"), pg.layer("dense", units=4)).set_node("dense1", frozen=True)
    assert ["no weights to share" in problem.text for problem in project.warnings()] == [True]


def test_a_tie_that_shares_nothing_inside_a_block_is_told_at_its_first_use_and_ended_in_the_definition():
    project = pg.Project.chain(
        pg.dataset("iris"), pg.layer("relu"), pg.layer("dense", units=4), pg.layer("dense", units=3)
    ).share("dense1", "relu1")
    project.make_block("Pair", "relu1", "dense1")
    use = project.record.network.nodes[1]
    (problem,) = project.warnings()
    assert problem.node == use.id
    assert problem.text.endswith("dense1 is tied to relu1, which has no weights to share; dense1 trains its own.")
    for edit in problem.mend.edits:
        project.record = edit.apply(project.record)
    assert project.warnings() == []


def test_uses_of_a_block_that_share_warn_of_nothing():
    """Layers without weights are tied there as well."""
    project = pg.Project.chain(
        pg.dataset("iris"), pg.layer("dense", units=4), pg.layer("relu"), pg.layer("dense", units=4), pg.layer("dense", units=3)
    )
    project.make_block("Pair", "dense1", "relu1")
    use = project.record.network.nodes[1]
    project.record = SetField(use.id, "shared", True).apply(project.record)
    project.add_block("Pair", project.record.network.nodes[2].name, shared=True)
    assert "tied" not in " ".join(problem.text for problem in project.warnings())


def test_what_is_refused_says_why():
    record = autoencoder().record
    ids = {node.name: node.id for node in record.network.nodes}
    with pytest.raises(EditError, match="itself"):
        ShareWeights(ids["encode"], ids["encode"]).apply(record)
    with pytest.raises(EditError, match="Only layers"):
        ShareWeights(ids["encode"], ids["digits"]).apply(record)
    with pytest.raises(EditError, match="already"):
        ShareWeights(ids["encode"], ids["decode"]).apply(record)
    plain = ShareWeights(ids["decode"], ids["encode"]).apply(record)
    (problem,) = (p for p in inspect(plain, autoencoder().samples()).problems if p.severity == "error")
    assert problem.text.startswith("decode shares the weight of encode, which is 64×5; it needs 5×64.")
    assert problem.mend is not None
    mended = plain
    for edit in problem.mend.edits:
        mended = edit.apply(mended)
    assert not inspect(mended, autoencoder().samples()).errors
