"""A journal followed from Python, and a run done again from its record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import playground as pg
from playground.document.saver import save_atomically
from playground.errors import BadValue, FileError
from playground.training.replay import ReplayError
from playground.training.run_record import RunRecord, fingerprint, read

LINES: list[tuple[int, str, str, Any, Any]] = [
    (0, "start", "seed", None, 0),
    (4, "knob", "rate", 0.001, 0.03),
    (7, "plan", "", {"training/fields/batch": 32}, {"training/fields/batch": 9}),
    (11, "knob", "clip", 0.0, 1.0),
    (30, "end", "stopped", 30, 30),
]


def iris(**training: Any) -> pg.Project:
    return pg.Project.chain(
        pg.dataset("iris"), pg.layer("dense", units=7), pg.layer("relu"), pg.layer("dense", units=3), **({"epochs": 9} | training)
    )


def kept(project: pg.Project, folder: Path, lines: Any = ()) -> pg.Project:
    """The record of a training, as the command line leaves it."""
    root = project.record
    run = project.train(journal=lines)
    record = RunRecord(folder, root, fingerprint(root, project.samples(), run.chains), run.notes)
    record.finish(run.finished)
    save_atomically(record.path, record.encoded(run.journal))
    return project


def test_a_journal_is_followed_and_the_project_is_then_as_at_its_end() -> None:
    project = iris()
    run = project.train(journal=LINES)
    assert (len(run.losses), run.finished.last_step, run.finished.reason) == (30, 30, "stopped")
    assert project.record.training.batch == 9
    plain = iris().train()
    assert run.losses[:4].tolist() == plain.losses[:4].tolist()
    assert run.rates[4] == pytest.approx(0.03)
    again = iris().train(journal=run.journal)
    assert again.losses.tolist() == run.losses.tolist()
    assert again.finished.state_sha256 == run.finished.state_sha256


@pytest.mark.parametrize("lines", [(), LINES], ids=["plain", "changed"])
def test_a_record_is_replayed(tmp_path: Path, lines: Any) -> None:
    kept(iris(), tmp_path, lines)
    found = pg.replay(tmp_path)
    assert found.equal
    assert "bit for bit" in str(found)
    assert pg.replay(tmp_path / "run.json").equal


def test_a_changed_bit_is_noticed(tmp_path: Path) -> None:
    kept(iris(), tmp_path, LINES)
    path = tmp_path / "run.json"
    body = json.loads(path.read_text())
    body["journal"][1]["after"] = 0.0300001
    path.write_text(json.dumps(body))
    found = pg.replay(tmp_path)
    assert not found.equal
    assert found.expected in str(found)


def test_another_project_or_other_data_is_refused(tmp_path: Path) -> None:
    kept(iris(), tmp_path)
    path = tmp_path / "run.json"
    whole = json.loads(path.read_text())
    for name, what in (("project_sha256", "project"), ("samples_sha256", "data")):
        path.write_text(json.dumps(whole | {"fingerprint": whole["fingerprint"] | {name: "0" * 64}}))
        with pytest.raises(ReplayError, match=f"The {what} is not"):
            pg.replay(tmp_path)
    with pytest.raises(FileError, match="cannot be read"):
        pg.replay(tmp_path / "nothing")
    path.write_text(json.dumps(whole | {"finished": None}))
    with pytest.raises(ReplayError, match="no checkpoint"):
        pg.replay(tmp_path)


@pytest.mark.parametrize(
    "line", [(3, "knob", "rate"), (3, "magic", "", None, None), (-1, "knob", "rate", 0.1, 0.2), (3, "knob", "rate", 0.1, "x")]
)
def test_a_wrong_line_is_refused(line: Any) -> None:
    with pytest.raises(BadValue):
        iris().train(journal=[line])


def test_projects_out_of_json_and_patches() -> None:
    project = iris()
    from playground.document import project_json

    again = pg.Project.of_json(project_json.to_json(project.record))
    assert again.sha256 == project.sha256
    assert again.samples_sha256 == project.samples_sha256
    again.patch({"training/fields/batch": 5})
    assert again.record.training.batch == 5
    assert again.sha256 != project.sha256
    with pytest.raises(BadValue):
        again.patch({"training/fields/nothing": 5})


def test_the_record_of_the_command_line_holds_a_journal(tmp_path: Path) -> None:
    kept(iris(), tmp_path)
    assert [entry.kind for entry in read(tmp_path).journal] == ["start", "end"]
