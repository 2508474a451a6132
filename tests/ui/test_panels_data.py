"""The data panel: figures of the samples, the split, and the import preview of a text table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.core.samples import NO_CLASS, Samples
from playground.data.prepare import prepare
from playground.data.readers.places import pick
from playground.document.edits import AddNode, SetField, SetPlan
from playground.document.file import Loaded
from playground.ui.canvas.sequences import strip_of
from playground.ui.dialogs.import_data import import_path, source_for
from playground.ui.inspector.facts import sample_facts
from playground.ui.painting import width_of
from playground.ui.panels import data as data_panel
from playground.ui.panels.data import DataPanel
from playground.ui.panels.data_facts import facts_of
from playground.ui.panels.data_rows import sample_rows
from playground.ui.session import Session

from .conftest import settle
from .networks import chain

TABLE = "id,length,width,colour,species\n" + "".join(
    f"{k},{4 + 0.01 * k},{3 - 0.005 * k},{('red', 'blue')[k % 2]},{('a', 'b', 'c')[k % 3]}\n" for k in range(60)
)


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> DataPanel:
    made = DataPanel(session)
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    yield made
    made.reader.close()


def wait(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: session.samples is not None or bool(session.samples_error), timeout=20_000)
    settle()


def tabs(panel: DataPanel) -> list[str]:
    return [panel.tabs.tabText(at) for at in range(panel.tabs.count())]


def test_without_a_source_the_panel_says_where_to_get_one(panel: DataPanel) -> None:
    assert panel.none.isVisible()
    assert not panel.body.isVisible()


@pytest.mark.parametrize("id", ["moons", "iris", "digits", "diabetes", "regression_curve"])
def test_rows_classes_and_parts_are_those_of_the_samples(session: Session, qtbot: QtBot, panel: DataPanel, id: str) -> None:
    session.restore(Loaded(chain(("dataset", id, {}))))
    wait(session, qtbot)
    samples = session.samples
    assert samples is not None
    found = prepare(samples, validation=session.project.data.validation)
    sizes = (found.train.count, found.validation.count if found.validation else 0, 0)
    assert panel.facts.facts.counts == sizes
    if samples.task == "classification":
        assert [count for _, count in panel.facts.facts.classes] == np.bincount(samples.y).tolist()
    assert tabs(panel)[0] == ("Images" if len(samples.shape) == 3 else "Rows")
    shown = panel.table.rows
    assert shown.rowCount() == min(samples.count, 200)
    target = shown.index(0, 0).data()
    assert target == (samples.class_names[samples.y[0]] if samples.task == "classification" else target)
    assert panel.columns.rows.rowCount() == samples.x.shape[-1] + (0 if samples.task == "classification" else samples.y.shape[1])


def test_a_split_that_cannot_be_is_told(session: Session, qtbot: QtBot, panel: DataPanel) -> None:
    session.restore(Loaded(chain(("dataset", "moons", {}))))
    wait(session, qtbot)
    for share in ("validation", "test"):
        session.do(SetPlan("data", share, 0.9))
    assert session.samples is not None
    assert "leave something to train on" in facts_of(session.samples, session.project.data).refused
    assert panel.facts.facts.refused


def test_an_edit_looks_at_no_sample_again(
    session: Session, qtbot: QtBot, panel: DataPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures walk over all samples: at the size of photographs that is a second for every edit."""
    session.restore(Loaded(chain(("dataset", "moons", {}))))
    wait(session, qtbot)
    looked: list[Samples] = []
    for name in ("describe", "sample_rows"):
        whole = getattr(data_panel, name)
        monkeypatch.setattr(data_panel, name, lambda samples, whole=whole: (looked.append(samples), whole(samples))[1])
    node = session.project.network.of_kind("dataset")[0]
    session.do(SetPlan("training", "epochs", 7))
    session.do(SetPlan("data", "validation", 0.5))
    assert not looked
    assert panel.facts.facts.counts[0] == panel.facts.facts.counts[1]
    session.do(SetField(node.id, "samples", 60))
    qtbot.waitUntil(lambda: session.samples is not None and session.samples.count == 60 and not session.loading)
    settle()
    assert [samples.count for samples in looked] == [60, 60]
    assert panel.table.rows.rowCount() == 60


def test_a_table_is_previewed_with_roles_that_a_click_changes(
    session: Session, qtbot: QtBot, panel: DataPanel, tmp_path: Path
) -> None:
    file = tmp_path / "flowers.csv"
    file.write_text(TABLE)
    session.do(AddNode(find("dataset", "table")(path=str(pick(file)))))
    wait(session, qtbot)
    qtbot.waitUntil(lambda: panel.importing.preview is not None, timeout=10_000)
    assert tabs(panel)[0] == "Import"
    rows = panel.importing.rows
    heads = [rows.headerData(at, Qt.Orientation.Horizontal) for at in range(rows.columnCount())]
    assert heads == [
        "id\nIgnored, number",
        "length\nInput, number",
        "width\nInput, number",
        "colour\nInput, text",
        "species\nTarget, text",
    ]
    assert rows.headerData(0, Qt.Orientation.Vertical) == "2"
    panel.importing.choose(2, "ignore")
    panel.importing.choose(3, "target")
    wait(session, qtbot)
    qtbot.waitUntil(lambda: "Target" in str(rows.headerData(3, Qt.Orientation.Horizontal)), timeout=10_000)
    assert "Ignored" in str(rows.headerData(2, Qt.Orientation.Horizontal))
    assert "Input" in str(rows.headerData(4, Qt.Orientation.Horizontal))
    qtbot.waitUntil(lambda: session.samples is not None and session.samples.class_names == ("blue", "red"), timeout=10_000)
    panel.importing.choose(3, "input")
    session.undo()
    assert "Target" in str(rows.headerData(3, Qt.Orientation.Horizontal)) or session.project.network.nodes


def test_bad_rows_are_listed_with_line_and_reason_and_nothing_is_dropped_silently(
    session: Session, qtbot: QtBot, panel: DataPanel, tmp_path: Path
) -> None:
    file = tmp_path / "broken.csv"
    lines = TABLE.splitlines()
    lines[5] = "4,4.04"
    lines[9] = "8,n/a?,2.9,red,a"
    file.write_text("\n".join(lines) + "\n")
    session.do(AddNode(find("dataset", "table")(path=str(pick(file)))))
    wait(session, qtbot)
    assert session.samples is None
    assert "cannot be used" in session.samples_error
    qtbot.waitUntil(lambda: panel.bad.rows.rowCount() >= 2, timeout=10_000)
    assert panel.notice.isVisible()
    assert f"Unusable rows {panel.bad.rows.rowCount()}" in tabs(panel)
    listed = [panel.bad.rows.index(at, 0).data() for at in range(panel.bad.rows.rowCount())]
    assert listed == ["6", "10"]
    side = panel.importing.verticalHeader()
    assert side.width() >= 12 + max(width_of(text, 11) for text in panel.importing.rows.side)
    assert "{listed}" in session.samples_error.key  # a sentence still, that can be said in another language
    problem = next(problem for problem in session.problems if problem.text == session.samples_error)
    assert session.mend_whole(problem.mends[0])
    qtbot.waitUntil(lambda: session.samples is not None, timeout=10_000)
    assert session.problems[0].text != problem.text
    session.do(SetField(panel.node.id, "defects", "leave_out"))  # type: ignore[union-attr]
    wait(session, qtbot)
    qtbot.waitUntil(lambda: session.samples is not None, timeout=10_000)
    assert session.samples is not None
    assert session.samples.count == 58
    assert "left out" in panel.note.text()


def test_a_missing_file_is_told_and_the_panel_lives_on(session: Session, qtbot: QtBot, panel: DataPanel, tmp_path: Path) -> None:
    session.do(AddNode(find("dataset", "table")(path=str(tmp_path / "none.csv"))))
    wait(session, qtbot)
    assert panel.notice.isVisible()
    assert "none.csv" in panel.notice.text.text()
    assert panel.choose.isVisible()


def test_a_file_outside_the_project_is_read_once_a_person_picks_it(
    session: Session, qtbot: QtBot, panel: DataPanel, tmp_path: Path
) -> None:
    (tmp_path / "far.csv").write_text(TABLE)
    session.do(AddNode(find("dataset", "table")(path=str(tmp_path / "far.csv"))))
    wait(session, qtbot)
    assert "outside the project" in session.samples_error
    assert panel.notice.isVisible()
    assert panel.node is not None
    panel.take(tmp_path / "far.csv", panel.node, "path")
    qtbot.waitUntil(lambda: session.samples is not None, timeout=10_000)
    settle()
    assert not panel.notice.isVisible()


@pytest.mark.parametrize(("name", "id"), [("a.csv", "table"), ("a.TSV", "table"), ("a.npz", "array_file")])
def test_a_file_finds_its_reader_by_its_ending(tmp_path: Path, name: str, id: str) -> None:
    found = source_for(tmp_path / name, tmp_path)
    assert found is not None
    assert found.id == id
    assert found.path == name  # type: ignore[attr-defined]


def test_a_folder_is_read_as_images_and_an_unknown_file_is_refused(session: Session, app: object, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    folder = source_for(tmp_path / "pictures", tmp_path)
    assert folder is not None
    assert folder.id == "image_folder"
    told: list[str] = []
    session.message.connect(lambda text, level: told.append(text))
    assert not import_path(session, tmp_path / "a.exe")
    assert "*.csv" in told[-1]


def test_importing_replaces_the_source_and_keeps_its_wires(session: Session, qtbot: QtBot, app: object, tmp_path: Path) -> None:
    session.restore(Loaded(chain(("dataset", "moons", {}), ("layer", "dense", {"units": 2}))))
    wait(session, qtbot)
    (tmp_path / "t.csv").write_text(TABLE)
    assert import_path(session, tmp_path / "t.csv")
    assert len(session.project.network.of_kind("dataset")) == 1
    assert len(session.project.network.links) == 1
    session.undo()
    assert session.project.network.of_kind("dataset")[0].spec.id == "moons"


@pytest.mark.usefixtures("app")
def test_classes_of_fewer_steps_than_the_inputs_stand_whole() -> None:
    """They end with their own last step, not where the inputs end, and under no step of theirs."""
    x, y = np.arange(10, dtype=np.float32).reshape(2, 5), np.array([[1, 0, NO_CLASS], [0, 1, 1]])
    samples = Samples(x, y, "classification", ("no", "yes"), lengths=np.array([1, 5]), tokens=10)
    _, rows, _ = sample_rows(samples)
    assert [row[0] for row in rows] == ["yes no –", "no yes yes"]
    strip = strip_of(samples, 0)
    assert strip is not None
    assert (strip.words, strip.answers, strip.answer) == (("0",), (), "yes no –")


@pytest.mark.usefixtures("app")
def test_values_of_steps_stand_in_one_cell() -> None:
    """Tables count columns, so a row of values for every step is one cell: the first value of each step that is there."""
    y = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    samples = Samples(np.zeros((2, 3, 1), np.float32), y, "regression", target_names=("a", "b"), lengths=np.array([3, 2]))
    heads, rows, _ = sample_rows(samples)
    assert len(heads) == len(rows[0])
    assert [row[0] for row in rows] == ["0 2 4", "6 8"]
    assert ("Target", "3×2 values") in sample_facts(samples, "")
