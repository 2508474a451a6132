"""No text of the window escapes translation: under a language that marks what is said, everything that is shown carries the mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication, QRawFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from playground import words
from playground.core import registry
from playground.core.fields import fields_of
from playground.document.edits import AddLink, AddNode, RemoveNodes, SetNodeOption, SetPlan
from playground.document.file import load
from playground.paths import assets_dir
from playground.training.runs import kept
from playground.ui import app as program
from playground.ui import settings, theme
from playground.ui.bench import bench_of
from playground.ui.command_palette import CommandPalette
from playground.ui.compare.choice import choice_of
from playground.ui.documents import Documents
from playground.ui.lessons.coach import coach_of
from playground.ui.lessons.progress import lessons
from playground.ui.main_window import MainWindow
from playground.ui.panel import LAYOUTS, panels
from playground.ui.panels.draw import DrawPanel
from playground.ui.panels.timing import TimingPanel
from playground.ui.session import Session
from playground.ui.steering.travel import travels_of
from tests.ui import keys
from tests.ui.conftest import settle
from tests.ui.escapes import Hunt, data_words, own_words, record_ids, unsaid
from tests.ui.networks import chain, epoch, moons, ready, train

CHINESE = "学习率"
#: What a person does in one part of the window, looking at all that is shown.
Part = Callable[[MainWindow, Session, QtBot, Hunt], None]


@pytest.fixture
def english() -> Iterator[None]:
    yield
    words.set_language("en")


@pytest.fixture
def marked(app: QApplication, english: None) -> None:
    """The pseudo-language, before any window is made."""
    words.set_language(words.PSEUDO)


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked whether to keep what was changed."""
    monkeypatch.setattr(QMessageBox, "exec", lambda box: 0)
    monkeypatch.setattr(Documents, "may_leave", lambda documents: True)


def test_what_counts_as_unsaid() -> None:
    assert unsaid("⟦Ţŕàîń⟧") == ""
    assert unsaid("⟦Àďď ⟦Ďėńšė⟧⟧ 3.5 ms") == ""
    assert unsaid("⟦Ļėàŕńîńĝ ŕà…") == ""
    assert unsaid("⟦Ţŕàîń⟧ now") == "Ţŕàîń now"
    assert unsaid("⟦Àďď Dense⟧") == "Àďď Dense"
    assert unsaid("dense1 ⟦ĝîṽėš⟧ 3×3", frozenset({"dense1"})) == ""
    assert unsaid("dens…", frozenset({"dense1"})) == ""
    assert unsaid("de…e1", frozenset({"dense1"})) == ""
    assert unsaid("de…e2", frozenset({"dense1"})) == "de…e2"
    assert unsaid("⟦ţĥė ļöńĝėšţ, den…", frozenset({"dense1"})) == ""
    assert unsaid("42 × 3") == ""


def own(session: Session) -> frozenset[str]:
    """What is the user's or the data's, and what is the same in every language: formulas and sources."""
    facts = {
        text for kind in ("layer", "loss", "dataset") for cls in registry.entries(kind) for text in (cls.formula, cls.source)
    }
    return own_words(session.project) | data_words(session.samples) | record_ids() | frozenset(filter(None, facts))


def beginning(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """Start page, layouts and panels."""
    window.show_start()
    settle()
    hunt.look()
    window.leave_start()
    for layout in LAYOUTS:
        window.show_layout(layout)
        settle()
        hunt.look()
    for panel in panels():
        window.show_panel(panel.id)
        settle()
    hunt.look()


def building(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """Inspector, menus and the quick list."""
    for selected in [[node.id] for node in session.project.network.nodes] + [[node.id for node in session.project.network.nodes]]:
        session.select(selected)
        settle()
        hunt.look()
    for menu in window.findChildren(QMenu):
        menu.aboutToShow.emit()
    window.canvas.open_quick_add()
    settle()
    hunt.look()


def training(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """A run in every layout, and the dialogs."""
    train(session, qtbot)
    for layout in LAYOUTS:
        window.show_layout(layout)
        settle()
        hunt.look()
    for id in ("export", "rate_finder", "reference"):
        window.open_dialog(id)
        settle()
        hunt.look()
    window.show_shortcuts()
    window.show_about()
    settle()
    hunt.look()


def close_others(window: MainWindow) -> None:
    """All windows but the main one."""
    for top in QApplication.topLevelWidgets():
        if top is not window:
            top.close()
    settle()


def stands(session: Session, qtbot: QtBot, *states: str) -> None:
    """Wait for a state of the run."""
    qtbot.waitUntil(lambda: session.client.state in states and not bench_of(session).busy, timeout=90_000)
    settle()


def commands(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """The command palette, with and without something typed."""
    hunt.own |= {"rate"}  # as it is typed
    for typed in ("", "rate 0.02", "e"):
        window.open_commands(typed)
        settle()
        hunt.look()
    (palette,) = window.findChildren(CommandPalette)
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)


def analyses(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """Pre-flight, time of layers, range test, fan and batch sizes, each asked for and answered."""
    for id in ("preflight", "timing"):
        window.actions_made[id].trigger()
        settle()
        hunt.look()
        stands(session, qtbot, "idle", "finished", "paused")
        hunt.look()
    (timing,) = window.findChildren(TimingPanel)
    timing.start()
    stands(session, qtbot, "idle", "finished", "paused")
    hunt.look()
    for id in ("rate_finder", "rate_fan", "batch_finder"):
        window.open_dialog(id)
        settle()
        hunt.look()
        stands(session, qtbot, "idle", "finished", "paused")
        hunt.look()
        close_others(window)


def steering(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """A run looked into, stepped phase by phase, forked, rewound and changed on its way."""
    for id in ("activations", "histograms", "gradients"):
        window.show_panel(id)
        settle()
        epoch(session, qtbot)
        settle()
        hunt.look()
    window.show_layout("train")
    travels = travels_of(session)
    for go in (travels.fork, travels.rewind):
        travels.pick(session.client.step // 2)
        hunt.look()
        go()
        qtbot.waitUntil(lambda: session.client.state == "paused", timeout=30_000)
        settle()
    window.show_layout("build")
    for _ in range(3):
        window.actions_made["step_into"].trigger()
        settle()
        hunt.look()
    session.do(SetPlan("training", "batch", 16))
    epoch(session, qtbot)
    settle()
    for id in ("loss", "journal"):
        window.show_panel(id)
        settle()
        hunt.look()


def fault(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """A run that diverges, and the banner that offers what to do."""
    parts = ("dense", {"units": 4}), ("relu", {}), ("dense", {"units": 1})
    made = chain(
        ("dataset", "regression_curve", {}), *(("layer", *part) for part in parts), ("loss", "mean_squared_error", {}), epochs=900
    )  # fmt: skip
    ready(session, made, qtbot)
    hunt.own |= own(session)
    session.do(SetPlan("training", "optimizer", registry.find("optimizer", "momentum")(rate=0.01)), whole=True)
    epoch(session, qtbot)
    session.do(SetPlan("training", "optimizer.rate", 100.0), whole=True)
    session.resume()
    stands(session, qtbot, "failed")
    for layout in LAYOUTS:
        window.show_layout(layout)
        settle()
        hunt.look()
    stood = session.client.step
    travels_of(session).halve_rate()
    qtbot.waitUntil(lambda: session.client.step != stood or session.client.state != "failed", timeout=30_000)
    session.stop()
    stands(session, qtbot, "finished", "failed", "paused")
    hunt.look()


def refusing(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """A node that cannot take what it is given, a schedule drawn by hand, a file that is no checkpoint, numbers of penalty and layers."""
    (source,) = session.project.network.of_kind("dataset")
    wrong = AddNode(registry.find("layer", "conv2d")(), (500.0, 300.0))
    for edit in (wrong, AddLink(source.id, wrong.id)):
        session.do(edit)
    hunt.own |= own(session)
    session.select([wrong.id])
    for id in ("problems", "outline"):
        window.show_panel(id)
        settle()
        hunt.look()
    session.do(RemoveNodes((wrong.id,)))
    session.select([])
    session.do(SetPlan("training", "schedule", registry.find("schedule", "drawn")()))
    session.do(SetPlan("training", "penalty", registry.find("penalty", "elastic_net")()))
    window.show_panel("training")
    settle()
    hunt.look()
    epoch(session, qtbot)
    session.do(SetPlan("training", "penalty.l1", 0.01), whole=True)
    session.do(SetNodeOption(session.project.network.of_kind("layer")[0].id, "rate_factor", 0.5), whole=True)
    epoch(session, qtbot)
    window.show_panel("journal")
    settle()
    hunt.look()
    path = session.shelf / "other.safetensors"
    path.write_bytes(b"no checkpoint")
    hunt.own |= {str(path), path.name}
    session.resume_from(path)
    stands(session, qtbot, "failed")
    hunt.look()


def comparing(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """Runs in the table, over one another and side by side."""
    ready(session, moons(epochs=2, batch=64), qtbot)
    hunt.own |= own(session)
    for batch in (64, 16):
        session.do(SetPlan("training", "batch", batch))
        train(session, qtbot)
    window.show_layout("compare")
    choice = choice_of(session)
    qtbot.waitUntil(lambda: len(kept(session.shelf)) >= 2, timeout=30_000)
    choice.refresh()
    hunt.look()
    choice.compare([run.folder for run in choice.runs[:2]])
    settle()
    hunt.look()
    assert choice.runs
    choice.restore(choice.runs[-1])
    settle()
    hunt.look()


def drawing(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """Pictures: drawn by hand, in the table of samples, on the nodes and as an outline."""
    ready(session, load(assets_dir() / "examples" / "digits_cnn.play").project, qtbot)
    hunt.own |= own(session)
    window.show_layout("build")
    for id in ("draw", "outline", "data"):
        window.show_panel(id)
        settle()
        hunt.look()
    window.findChildren(DrawPanel)[0].take_sample()
    for node in session.project.network.nodes:
        session.select([node.id])
        settle()
        hunt.look()


def teaching(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """Every step of every lesson, and what an example has to try."""
    coach = coach_of(window)
    for lesson in lessons():
        assert coach.begin(lesson)
        qtbot.waitUntil(lambda: session.samples is not None and session.ready, timeout=30_000)
        hunt.own |= own(session)
        for at in range(len(lesson.steps)):
            coach.show_step(at)
            settle()
            hunt.look()
        coach.leave()
    coach.tip()
    settle()
    hunt.look()
    coach.leave()


def forms(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """The inspector of every record that can stand on the canvas."""
    window.show_layout("build")
    for record in (record for kind in ("layer", "loss", "dataset") for record in registry.entries(kind)):
        made = AddNode(record(), (900.0, 400.0))
        session.do(made)
        session.select([made.id])
        settle()
        written = {value for name in fields_of(made.spec) if isinstance(value := getattr(made.spec, name), str) and " " in value}
        hunt.own |= own(session) | written | {getattr(made.spec, "missing", "")} - {""}  # formulas, and words of files
        hunt.look()
        session.undo()


def plans(window: MainWindow, session: Session, qtbot: QtBot, hunt: Hunt) -> None:
    """The training form with every optimizer, schedule and penalty."""
    window.show_layout("build")
    window.show_panel("training")
    session.select([])
    for kind in ("optimizer", "schedule", "penalty"):
        for record in registry.entries(kind):
            session.do(SetPlan("training", kind, record()))
            settle()
            hunt.look()


LONG = tuple(pytest.param(part, marks=[pytest.mark.campaign, pytest.mark.timeout(600)]) for part in (forms, plans))
PARTS = (beginning, building, training, commands, analyses, steering, fault, refusing, comparing, drawing, teaching)


@pytest.mark.parametrize("part", [*PARTS, *LONG], ids=lambda part: part.__name__)
def test_nothing_escapes_and_chinese_has_words_for_it(
    part: Part, marked: None, unasked: None, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    hunt = Hunt()
    hunt.own = frozenset(path.stem for path in (assets_dir() / "examples").glob("*.play")) | record_ids()
    ready(session, moons(epochs=3), qtbot)
    hunt.own |= own(session)
    part(window, session, qtbot, hunt)
    close_others(window)
    assert not hunt.lines(), "\n".join(["shown without having been said:", *hunt.lines()])
    table = words.read(assets_dir() / "words" / "zh_CN.json")
    # What bears the marks was said before, and is a part of something else.
    lacking = sorted(text for text in words.unknown() - table.keys() if words.OPEN not in text and unsaid(text, hunt.own))
    assert not lacking, lacking


def test_every_text_has_a_translation_and_no_translation_is_left_over() -> None:
    said, table = keys.everything(), words.read(assets_dir() / "words" / "zh_CN.json")
    lacking = [f"{place}: {text!r}" for text, place in said.items() if text not in table]
    assert not lacking, "\n".join(["no translation:", *sorted(lacking)])
    stale = sorted(set(table) - set(said))
    assert not stale, "\n".join(["said nowhere any more:", *stale])


def test_the_program_speaks_the_language_of_the_settings(
    app: QApplication, english: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(words.VARIABLE, raising=False)
    settings.set_word("language", "zh_CN")
    program.make_application()
    assert words.language() == "zh_CN"
    settings.set_word("language", "en")
    program.make_application()
    assert words.language() == "en"


def test_the_menu_remembers_a_language(app: QApplication, english: None, window: MainWindow) -> None:
    for id, choice in (("language_zh_CN", "zh_CN"), ("language_en", "en"), ("language_system", "system")):
        window.actions_made[id].trigger()
        assert settings.word("language", "") == choice
        assert [window.actions_made[f"language_{other}"].isChecked() for other in ("en", "zh_CN", "system")].count(True) == 1
        assert window.actions_made[id].isChecked()


def test_where_a_font_has_chinese_it_is_used(app: QApplication, english: None) -> None:
    face = theme.chinese_family()
    if not face:
        pytest.skip("no installed font has Chinese letters")
    words.set_language("zh_CN")
    font = theme.theme().font(12)
    assert face in font.families()
    raw = QRawFont.fromFont(QFont(face))
    assert all(raw.supportsCharacter(ord(letter)) for letter in CHINESE)
    words.set_language("en")
    assert theme.theme().font(12).families() == [QGuiApplication.font().family()]
