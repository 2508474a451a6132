"""Pictures of nodes: written by the worker, read by the window, and no bit of the run is another for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.core.spec import Spec
from playground.document.edits import AddLink, AddNode, RemoveLinks
from playground.document.project import Project
from playground.formats.interpreter import observed
from playground.training import messages, surfaces
from playground.training.areas.tiles import Tile, Tiles
from playground.training.assembly import assemble
from playground.training.client import Client
from playground.training.messages.tiles import Pictured
from playground.training.surfaces import SIDE
from tests.training import networks
from tests.training.networks import of, project
from tests.training.watching import expected, of_kind, to_end, until

LOW, HIGH = (-2.0, -1.5), (2.0, 1.0)


def skipping() -> tuple[Project, Samples]:
    """Two branches that meet in a concatenation, three classes."""
    training = {"batch": 16, "epochs": 8, "optimizer": of("optimizer", "adam", rate=0.01)}
    made = project(("dense", {"units": 11}), ("tanh", {}), **training)
    _, dense, tanh, loss = made.network.nodes
    concat, last = AddNode(of("layer", "concat")), AddNode(of("layer", "dense", units=3))
    made = RemoveLinks(tuple(link.id for link in made.network.links if link.target == loss.id)).apply(made)
    for edit in (concat, last, AddLink(dense.id, concat.id, 0), AddLink(tanh.id, concat.id, 1), AddLink(concat.id, last.id, 0),
                 AddLink(last.id, loss.id, 0)):  # fmt: skip
        made = edit.apply(made)
    return made, networks.points()


def folded() -> tuple[Project, Samples]:
    """Points of the plane laid out as short sequences and back: outputs of two axes between those of one."""
    parts = ("dense", {"units": 6}), ("reshape", {"shape": (3, 2)}), ("conv1d", {"filters": 5, "kernel": 2}), ("flatten", {})
    training = {"batch": 16, "epochs": 8, "optimizer": of("optimizer", "adam", rate=0.01)}
    return project(*parts, ("dense", {"units": 3}), **training), networks.points()


def _names(made: Project) -> tuple[tuple[str, int], ...]:
    return tuple((node.name, 0) for node in made.network.nodes)


@pytest.mark.parametrize(
    "made", [networks.plain, networks.forgetful, networks.convolutional, networks.regression, skipping, folded]
)
def test_pictures_change_no_bit_of_a_run(client: Client, made: Any) -> None:
    given = made()
    watched = to_end(client, given, lambda c: c.watch_tiles(_names(given[0]), LOW, HIGH, 3))
    assert watched.state_sha256 == expected(given).state_sha256
    assert client.pictures() is not None


@pytest.mark.parametrize("graph", [skipping, folded])
def test_every_node_of_any_graph_has_its_response(client: Client, graph: Any) -> None:
    made, samples = graph()
    client.start(made, samples, paused=True)
    until(client, messages.Started)
    client.step_batch()
    client.watch_tiles((*_names(made), ("nobody", 0)), LOW, HIGH, 5)
    until(client, Pictured)
    client.wait(lambda c: c.pictures().step == 1)
    found, weights = client.pictures(), client.export_weights()
    assembled = assemble(made, samples)
    axes = [np.linspace(LOW[k], HIGH[k], SIDE, dtype=np.float32) for k in (0, 1)]
    x = assembled.prepared.scaler.apply(np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2))
    wanted = observed(assembled.lowered.graph, weights, x, {})
    assert found.tiles.keys() == {node.name for node in made.network.nodes}
    for node in made.network.nodes:
        tile = found.tiles[node.name]
        if node.name in wanted:
            units = wanted[node.name].reshape(SIDE * SIDE, -1)
            one = surfaces.responses(np.ascontiguousarray(units[:, :8].T), node.spec)
            assert tile.array.shape == (min(8, units.shape[1]), SIDE, SIDE)
            assert np.abs(tile.array.astype(int) - one.codes).max() <= 1
            assert tile.flagged == one.flagged
    head = assembled.lowered.heads[0]
    decided = surfaces.decision(head.loss.respond(wanted["dense2"]), "classification")
    assert np.abs(found.tiles[head.name].array.astype(int) - decided.codes).max() <= 1
    one = observed(assembled.lowered.graph, weights, assembled.prepared.scaler.apply(samples.x[5:6]), {})
    for name, value in one.items():
        np.testing.assert_allclose(found.values[name], value[0], atol=1e-5)


def test_a_page_of_units_and_a_network_without_a_plane(client: Client) -> None:
    made = networks.plain()
    client.start(*made, paused=True)
    client.watch_tiles((("dense1", 8),), LOW, HIGH)
    until(client, Pictured)
    assert client.pictures().tiles["dense1"].array.shape == (4, SIDE, SIDE)
    images = networks.convolutional()
    client.start(*images, paused=True)
    client.watch_tiles((("conv1", 0), ("flatten1", 0)), sample=7)
    client.wait(lambda c: c.pictures() is not None and "conv1" in c.pictures().values)
    found = client.pictures()
    assert not found.tiles
    assert found.values["conv1"].shape == (8, 8, 6)
    client.watch_tiles(())
    client.step_batch()
    assert not of_kind(until(client, messages.Paused), Pictured)


@pytest.mark.parametrize("record", [of("layer", "tanh"), of("layer", "sigmoid"), of("layer", "relu"), None])
def test_codes_are_places_in_the_scale(record: Spec | None) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, (3, 25)).astype(np.float32)
    if record is not None:
        values = np.asarray(record.curve(values.astype(float)), np.float32)
    values[1, 7] = np.nan
    found = surfaces.responses(values, record, 5)
    upright = values.reshape(3, 5, 5)[:, ::-1]
    half = {"tanh": (0.0, 1.0), "sigmoid": (0.5, 0.5)}.get(getattr(record, "id", ""))
    for k in (0, 2):
        middle, most = half or (0.0, float(np.abs(upright[k]).max()))
        assert np.abs(found.codes[k] - (upright[k] - middle) / most * 127.5 - 127.5).max() <= 1
    assert surfaces.responses(np.zeros((2, 25), np.float32), record, 5).codes[0, 0, 0] in (surfaces.LOWEST, 127, 255)


def test_stuck_units_are_flagged() -> None:
    values = np.zeros((3, 16), np.float32)
    values[1] = 0.999
    assert surfaces.responses(values, of("layer", "tanh"), 4).flagged == (1,)
    assert surfaces.responses(values, of("layer", "relu"), 4).flagged == (0, 2)
    assert surfaces.responses(values, None, 4).flagged == ()


def test_decisions_of_two_of_many_and_of_amounts() -> None:
    yes_or_no = surfaces.decision(np.array([[0.0], [1.0], [0.5], [0.25]]), "classification", 2)
    assert yes_or_no.codes.tolist() == [[[127, 63], [surfaces.LOWEST, 255]]]
    three = surfaces.decision(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0, 0.5]]), "classification", 2)
    assert three.codes.tolist() == [[[64 + 31, 0 + 7], [0 + 31, 32 + 31]]], (
        "the likeliest class, and how sure: a half is a quarter of the way"
    )
    amounts = surfaces.decision(np.array([[10.0], [12.0], [8.0], [10.0]]), "regression", 2)
    assert amounts.most == 2.0


def test_a_set_is_read_whole_or_not_at_all() -> None:
    room, numbers = np.zeros(2 * (1 << 20), np.uint8), np.zeros(2, np.int64)
    area = Tiles(room, numbers)
    assert area.read() is None
    for step in range(1, 4):
        area.write(step, 7, {"a": Tile(np.full((2, 4, 4), step, np.uint8), 1.5, (1,))}, {"b": np.full(3, step, np.float32)})
        found = area.read()
        assert found is not None
        assert (found.step, found.mark, found.tiles["a"].most, found.tiles["a"].flagged) == (step, 7, 1.5, (1,))
        assert found.tiles["a"].array.tolist() == np.full((2, 4, 4), step).tolist()
        assert found.values["b"].tolist() == [step] * 3
    numbers[np.argmax(numbers)] = 0  # what a writer does first, and then dies
    assert area.read().step == 2
    area.write(9, 8, {"large": Tile(np.zeros(1 << 20, np.uint8))}, {"b": np.zeros(1, np.float32)})
    assert area.read().tiles == {}
    area.clear()
    assert area.read() is None


@pytest.mark.parametrize("record", [of("layer", "tanh"), of("layer", "relu"), None])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_has_a_code_of_its_own_and_leaves_the_others_their_scale(record: Spec | None, odd: float) -> None:
    values = np.linspace(-0.5, 1.0, 50, dtype=np.float32).reshape(2, 25)
    whole = surfaces.responses(values, record, 5)
    values[1, 7] = odd
    found = surfaces.responses(values, record, 5)
    hole = np.zeros((2, 5, 5), bool)
    hole[1, 3, 2] = True
    assert np.array_equal(found.codes == surfaces.VOID, hole)
    assert np.array_equal(found.codes[~hole], whole.codes[~hole])
    assert not found.flagged
    one = surfaces.field(values[1], 5)
    assert np.array_equal(one.codes[0] == surfaces.VOID, hole[1])
    assert one.most == 1.0


def test_units_without_any_finite_number_are_neither_stuck_nor_on_the_scale() -> None:
    for record in (of("layer", "tanh"), of("layer", "relu"), None):
        found = surfaces.responses(np.full((1, 16), np.nan, np.float32), record, 4)
        assert (found.codes == surfaces.VOID).all()
        assert not found.flagged


@pytest.mark.parametrize(
    ("task", "outputs"), [("classification", 1), ("classification", 2), ("classification", 4), ("regression", 1)]
)
def test_decisions_say_where_there_is_none(task: str, outputs: int) -> None:
    response = np.random.default_rng(2).dirichlet(np.ones(max(outputs, 2)), 9)[:, :outputs]
    whole = surfaces.decision(response, task, 3).codes
    assert whole.all(), "no place in the scale is that of what is not finite"
    response[0] = np.nan
    codes = surfaces.decision(response, task, 3).codes[0]
    assert codes[2, 0] == surfaces.VOID
    assert np.count_nonzero(codes == surfaces.VOID) == 1
    assert len(np.unique(codes)) > 3
