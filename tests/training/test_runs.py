"""The shelf of runs: what is kept, in which order, what is thrown away, and what a damaged folder costs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import playground as pg
from playground.document.edits import SetField, SetPlan
from playground.errors import FileError
from playground.training import runs
from playground.training.client import Client
from playground.training.runs import Kept, delete, kept, new_folder, say_of, settings_of, shelf_of, take_along, what_differs


def project(**training: object) -> pg.Project:
    return pg.Project.chain(
        pg.dataset("moons", samples=64), pg.layer("dense", units=4), pg.layer("tanh"), pg.layer("dense", units=2), name="Moons",
        epochs=3, batch=16, **training,
    )  # fmt: skip


def run(shelf: Path, made: pg.Project) -> Kept:
    """Train as the window does, into the next folder."""
    folder = new_folder(shelf)
    client = Client()
    try:
        client.start(made.record, made.samples(), folder)
        client.wait(lambda c: c.state == "finished")
    finally:
        client.close()
    return next(one for one in kept(shelf) if one.folder == folder)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Kept, Kept]:
    shelf = tmp_path_factory.mktemp("runs") / "moons"
    return shelf, run(shelf, project()), run(shelf, project(seed=5).set(optimizer=pg.optimizer("sgd", rate=0.5)))


def test_a_run_is_kept_with_its_figures(two: tuple[Path, Kept, Kept]):
    shelf, first, second = two
    assert [one.number for one in kept(shelf)] == [2, 1]
    assert settings_of(first.project) == settings_of(project().record)
    assert (first.state, first.steps, len(first.epochs)) == ("done", 12, 3)
    assert first.last is not None
    assert set(first.last.metrics) >= {"accuracy"}
    assert first.sha256 != second.sha256
    assert first.weights is not None
    assert first.weights.name == "last.safetensors"
    assert (runs.rate_of(first.project), runs.rate_of(second.project)) == (0.001, 0.5)
    checked = project()
    checked.take_checkpoint(first.weights)
    assert checked.evaluate("train")["loss"] > 0


def test_the_same_project_gives_the_same_state(two: tuple[Path, Kept, Kept]):
    shelf, first, _ = two
    again = run(shelf, project())
    assert again.sha256 == first.sha256
    assert what_differs([again.project, first.project]) == []
    delete(again)
    assert [one.number for one in kept(shelf)] == [2, 1]
    with pytest.raises(FileError, match="Run 3 cannot be deleted"):
        delete(again)


def test_what_differs_between_two_runs(two: tuple[Path, Kept, Kept]):
    _, first, second = two
    rows = dict(what_differs([first.project, second.project]))
    assert rows["optimizer"] == ["Adam", "SGD"]
    assert rows["optimizer.rate"] == [0.001, 0.5]
    assert rows["optimizer.beta1"] == [0.9, None]
    assert rows["seed"] == [0, 5]
    assert "batch" not in rows
    ids = {node.name: node.id for node in first.project.network.nodes}
    wider = SetField(ids["dense1"], "units", 9).apply(first.project)
    assert what_differs([first.project, wider]) == [("dense1.units", [4, 9])]
    assert settings_of(first.project)["data.validation"] == 0.2


def test_star_and_note_are_remembered(two: tuple[Path, Kept, Kept]):
    shelf, first, _ = two
    said = say_of(first, star=True, note="  the   best so far ")
    assert (said.star, said.note) == (True, "the best so far")
    assert kept(shelf)[-1] == said
    assert say_of(said, note="x" * 9_999).note == "x" * runs.MOST_NOTE
    say_of(said, star=False, note="")


@pytest.mark.parametrize("damage", [b"", b"{}", b"\x00" * 100, b'{"format": "playground run", "version": 99}', b"[1, 2"])
def test_a_damaged_record_costs_that_run_alone(two: tuple[Path, Kept, Kept], damage: bytes):
    shelf, _, second = two
    record = second.folder / "run.json"
    before = record.read_bytes()
    record.write_bytes(damage)
    try:
        assert [one.number for one in kept(shelf)] == [1]
    finally:
        record.write_bytes(before)
    (second.folder / runs.SAID).write_bytes(damage)
    assert [one.number for one in kept(shelf)] == [2, 1]
    assert kept(shelf)[0].note == ""
    (second.folder / runs.SAID).unlink()


def test_numbers_go_on_and_others_are_left_alone(tmp_path: Path):
    shelf = tmp_path / "runs" / "one"
    assert kept(shelf) == []
    assert new_folder(shelf).name == "0001"
    (shelf / "0041").mkdir()
    (shelf / "0099").write_text("no folder")
    (shelf / "notes").mkdir()
    assert new_folder(shelf).name == "0042"
    assert kept(shelf) == []


def test_old_runs_make_room_but_not_those_with_a_star(tmp_path: Path):
    shelf = tmp_path / "runs" / "one"
    for k in range(5):
        folder = new_folder(shelf)
        (folder / "last.safetensors").write_bytes(b"x" * 1000)
        os.utime(folder, (k, k))
    (shelf / "0001" / runs.SAID).write_text('{"star": true, "note": ""}')
    os.utime(shelf / "0001", (0, 0))
    new_folder(shelf, most=2_100)
    assert sorted(folder.name for folder in shelf.iterdir()) == ["0001", "0005", "0006"]


def test_a_shelf_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(FileError, match="Free some space"):
        new_folder(tmp_path / "runs" / "one")


def test_a_project_that_is_saved_takes_its_runs_along(
    two: tuple[Path, Kept, Kept], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    shelf, *_ = two
    now = shelf_of(tmp_path / "mine.play")
    assert now != shelf_of(tmp_path / "other" / "mine.play")
    assert shelf_of(None, "Digits CNN").name == "untitled-Digits-CNN"
    assert shelf_of(None, "../..").name == "untitled-project"
    take_along(tmp_path / "nothing", now)
    assert not now.exists()
    take_along(shelf, now)
    assert [one.sha256 for one in kept(now)] == [one.sha256 for one in kept(shelf)]
    delete(kept(now)[0])
    take_along(shelf, now)
    assert [one.number for one in kept(now)] == [1], "runs that are there already stay alone"
    assert [one.number for one in kept(shelf)] == [2, 1]


def test_settings_of_training_count():
    made = project().record
    changed = SetPlan("training", "clip", 2.0).apply(made)
    assert what_differs([made, changed]) == [("clip", [0.0, 2.0])]
