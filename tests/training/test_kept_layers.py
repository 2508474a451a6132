"""What was seen of a run's layers in its folder: the same numbers as the window had, bounded, even over the run, and checked."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.document import strict_json
from playground.errors import FileError
from playground.training.areas.activations import ACTIVATIONS
from playground.training.areas.histograms import HISTOGRAMS, histogram_row
from playground.training.areas.norms import NORMS
from playground.training.board import BoardPlan
from playground.training.client import Client
from playground.training.history import LayerNorms
from playground.training.kept_layers import MARK, MOST_BYTES, MOST_ROWS, NAME, KeptLayers, Looks, encoded, even, read
from playground.training.layer_history import KINDS, Activations, Histograms
from playground.training.messages import Started
from tests.training.networks import points, project
from tests.training.watching import rested, until


def plan_of(layers: int, nodes: int) -> BoardPlan:
    names = [tuple(f"{kind}{k}" for k in range(count)) for kind, count in (("dense", layers), ("node", nodes))]
    return BoardPlan(state_bytes=0, layers=names[0], metrics=(), outputs=0, nodes=names[1])


def rows_of(plan: BoardPlan, steps: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Of every list, at the same steps."""
    rng = np.random.default_rng(seed)
    histograms = np.zeros(len(steps), histogram_row(plan))
    histograms["step"] = steps
    histograms["of"]["high"] = rng.random(histograms["of"]["high"].shape)
    for field in ("even", "signed"):
        histograms["of"][field] = rng.integers(0, 300, histograms["of"][field].shape)
    tables = {NORMS.name: 5 * len(plan.layers), ACTIVATIONS.name: 4 * len(plan.nodes)}
    numbers = {name: np.column_stack([steps.astype(float), rng.normal(size=(len(steps), n))]) for name, n in tables.items()}
    return numbers | {HISTOGRAMS.name: histograms}


@pytest.mark.parametrize(("count", "most"), [(1, 9), (2, 2), (9, 9), (10, 9), (1_000, 9), (12_345, 512), (4_097, 2)])
def test_every_stretch_keeps_its_first(count: int, most: int) -> None:
    steps = np.sort(np.random.default_rng(count).choice(7 * count, count, replace=False))
    kept = steps[even(steps, most)]
    assert len(kept) <= most
    assert (kept[0], kept[-1]) == (steps[0], steps[-1])
    wide = 1
    while steps[-1] // wide + 2 > most and steps[-1] >= most - 1:
        wide *= 2
    assert set(kept.tolist()) == {int(steps[steps // wide == at][0]) for at in set((steps // wide).tolist())} | {int(steps[-1])}
    half = steps[: count // 2 + 1]
    pieces = np.concatenate([half[even(half, most)], steps[len(half) :]])
    assert pieces[even(pieces, most)].tolist() == kept.tolist()


@pytest.mark.parametrize(("layers", "nodes"), [(1, 2), (9, 9), (0, 1), (1_100, 1)])
def test_a_long_run_takes_no_more_room(layers: int, nodes: int, tmp_path: Path) -> None:
    plan = plan_of(layers, nodes)
    rows = rows_of(plan, np.arange(7 if layers > 99 else 700) * 3)
    path = tmp_path / NAME
    path.write_bytes(encoded(plan, rows))
    found = read(path)
    assert (found.plan.layers, found.plan.nodes) == (plan.layers, plan.nodes)
    for name, kept in found.rows().items():
        size = len(kept[:1].tobytes())
        assert 2 <= len(kept) <= max(2, min(MOST_ROWS, MOST_BYTES[name] // size))
        whole = rows[name]
        steps = whole["step"] if name == HISTOGRAMS.name else whole[:, 0]
        assert kept.tobytes() == whole[even(steps, max(2, min(MOST_ROWS, MOST_BYTES[name] // size)))].tobytes()
    if layers < 99:
        assert path.stat().st_size < sum(MOST_BYTES.values())


def test_while_it_goes_on_it_holds_a_few_times_as_much_and_keeps_the_same() -> None:
    plan = plan_of(1, 2)
    steps = np.arange(6_000)
    rows = rows_of(plan, steps)
    kept = KeptLayers(plan)
    kept.take({name: found[:1] for name, found in rows.items()})
    for at in range(1, len(steps), 700):
        for name, growing in kept._rows.items():
            growing.add(rows[name][at : at + 700])
            kept._bound(name, growing)
            assert len(growing) <= 5 * MOST_ROWS
    assert kept.encoder()() == encoded(plan, rows)
    assert {area.name for area, _ in KeptLayers.lists} == rows.keys() == MOST_BYTES.keys()


def test_what_is_being_written_stays_as_it_was() -> None:
    plan = plan_of(2, 3)
    rows = rows_of(plan, np.arange(60))
    kept = KeptLayers(plan)
    kept.take({name: found[:40] for name, found in rows.items()})
    write = kept.encoder()
    kept.cut(20)
    for name, growing in kept._rows.items():
        growing.add(rows_of(plan, np.arange(60), 1)[name][21:])
    assert write() == encoded(plan, {name: found[:40] for name, found in rows.items()})


def resealed(line: Any, data: bytes = b"") -> bytes:
    body = zlib.compress((line if isinstance(line, bytes) else strict_json.encode(line)) + b"\n" + data)
    return MARK + hashlib.sha256(body).digest() + body


def test_damage_is_noticed_and_no_file_is_nothing(tmp_path: Path) -> None:
    assert Looks(read(tmp_path)).layer_norms() is None
    assert Looks(read(tmp_path)).activations().nodes == ()
    assert Looks(read(tmp_path)).histograms("weights", "dense0") is None
    plan = plan_of(2, 3)
    good, path = encoded(plan, rows_of(plan, np.arange(5))), tmp_path / NAME
    rng = np.random.default_rng(2)
    mutants = [good[:-1], good + b"\0", good[:30], b"", MARK, good * 2, b"playground layers 2\n" + good[20:]]
    mutants += [good[:k] + bytes([good[k] ^ 1 << int(rng.integers(8))]) + good[k + 1 :] for k in rng.integers(0, len(good), 30)]
    about: dict[str, Any] = {"layers": [], "nodes": ["a"], "rows": {"activations": 1}}
    row = np.array([0.0, 1, 2, 3, 4])
    assert len(_looked(path, resealed(about, row.tobytes())).steps) == 1
    mutants += [resealed(about | more, row.tobytes()) for more in (
        {"rows": {}}, {"rows": {"activations": 2}}, {"rows": {"activations": -1}}, {"rows": {"activations": True}}, {"rows": {"steps": 1}},
        {"rows": []}, {"layers": "a"}, {"layers": [1]}, {"nodes": ["a", "a"]}, {"nodes": []}, {"more": 1}, {"rows": {"histograms": 1}},
    )]  # fmt: skip
    mutants += [resealed(about, np.array([step, 1, 2, 3, 4]).tobytes()) for step in (-1.0, 0.5, np.nan, np.inf, 1e300)]
    mutants += [resealed(about | {"rows": {"activations": 2}}, np.tile(row, 2).tobytes()), resealed(b"[" * 500), resealed(b"{}"),
                resealed(b"\xff"), MARK + hashlib.sha256(b"no").digest() + b"no"]  # fmt: skip
    ends = np.zeros(1, histogram_row(plan_of(0, 1)))
    ends["of"]["low"] = 1
    mutants.append(resealed(about | {"rows": {"histograms": 1}}, ends.tobytes()))
    for mutant in mutants:
        path.write_bytes(mutant)
        with pytest.raises(FileError, match=r"layers\.bin is damaged"):
            read(path)


def _looked(path: Path, data: bytes) -> Activations:
    path.write_bytes(data)
    return Looks(read(path)).activations()


def same(one: LayerNorms | Activations | Histograms, other: object) -> None:
    """Bit for bit."""
    assert type(one) is type(other)
    for field, value in vars(one).items():
        given = getattr(other, field)
        assert given.tobytes() == value.tobytes() if isinstance(value, np.ndarray) else given == value


def agree(client: Client, folder: Path) -> None:
    """What is kept is what the window has; there is something of everything."""
    kept = Looks(read(folder))
    layers, nodes = client.layer_names()
    assert kept.layer_names() == (layers, nodes)
    norms, activations = client.layer_norms(), client.activations()
    assert norms is not None
    assert activations is not None
    assert len(norms.steps)
    assert len(activations.steps)
    same(norms, kept.layer_norms())
    same(activations, kept.activations())
    for kind in KINDS:
        for name in nodes if kind == "activations" else layers:
            found = client.histograms(kind, name)
            assert found is not None
            same(found, kept.histograms(kind, name))


def finished(client: Client, folder: Path) -> None:
    """Train to the end; what is kept agrees."""
    client.resume()
    client.wait(lambda c: c.state == "finished")
    agree(client, folder)


def back(client: Client) -> None:
    client.rewind(9)
    rested(client)


MADE = project(("dense", {"units": 6}), ("tanh", {}), ("dense", {"units": 3}), batch=16, epochs=4)


def test_a_run_leaves_what_was_seen_of_its_layers(client: Client, tmp_path: Path) -> None:
    """The same numbers as the window drew, also after it went back and of the run that forks from it, which leaves the first as it was."""
    client.start(MADE, points(120), tmp_path / "1")
    client.wait(lambda c: c.state == "finished")
    agree(client, tmp_path / "1")
    back(client)
    finished(client, tmp_path / "1")
    first = (tmp_path / "1" / NAME).read_bytes()
    client.fork(9, folder=tmp_path / "2")
    rested(client)
    finished(client, tmp_path / "2")
    client.reset()
    rested(client)
    finished(client, tmp_path / "2")
    assert (tmp_path / "1" / NAME).read_bytes() == first


@pytest.mark.campaign
@pytest.mark.parametrize("travels", [False, True])
def test_what_a_dead_worker_saw_stays_known(client: Client, tmp_path: Path, *, travels: bool) -> None:
    """All of it; where the run went back before, what was written by then, and nothing of the way that is void."""
    client.start(MADE, points(120), tmp_path, paused=True)
    until(client, Started)
    client.step_epoch()
    client.step_epoch()
    rested(client)
    if travels:
        back(client)
        client.step_batch()
        rested(client)
        client.wait(lambda _: len(Looks(read(tmp_path)).activations().steps) > 0)
    client.kill()
    client.wait(lambda c: c.state == "dead")
    client.resume()
    client.wait(lambda c: c.state == "finished")
    if not travels:
        agree(client, tmp_path)
        return
    found, kept = client.activations(), Looks(read(tmp_path)).activations()
    assert found is not None
    at = np.searchsorted(found.steps, kept.steps)
    assert found.steps[at].tolist() == kept.steps.tolist()
    assert found.mean[at].tobytes() == kept.mean.tobytes()
    assert (kept.steps[0], kept.steps[-1]) == (found.steps[0], found.steps[-1])
