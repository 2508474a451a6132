"""The reference: a page for every entry, reached from palette, inspector, training form and menus; its pictures are computed from the
records and agree with what those say elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.core.fields import fields_of
from playground.core.registry import find
from playground.core.spec import Initializer, Loss, Penalty, Schedule
from playground.lowering.illustration import Curves, Histogram, Reach, illustrate
from playground.ui import theme
from playground.ui.dialogs.reference import KINDS, ReferencePage, ReferenceSheet, open_reference
from playground.ui.inspector.panel import Inspector
from playground.ui.main_window import MainWindow
from playground.ui.palette import Palette
from playground.ui.panels.training import TrainingPanel
from playground.ui.plots.illustration import IllustrationView
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import moons, node, ready

RECORDS = [(kind, record.id) for kind in KINDS for record in registry.entries(kind)]


@pytest.mark.parametrize(("kind", "id"), RECORDS)
def test_every_entry_has_a_whole_page_in_both_themes(app: QApplication, qtbot: QtBot, kind: str, id: str) -> None:
    record = find(kind, id)
    page = ReferencePage()
    qtbot.addWidget(page)
    page.resize(560, 900)
    page.show_record(record)
    page.show()
    said = " ".join(label.text() for label in page.findChildren(QLabel))
    assert record.title in said
    assert record.summary() in said
    assert record.formula in said
    assert record.source in said
    for field in fields_of(record).values():
        assert field.help in said
    drawn = []
    for mode in ("light", "dark"):
        theme.apply(app, mode)
        settle()
        drawn.append(page.grab().toImage())
    assert drawn[0] != drawn[1]
    theme.apply(app, "light")


def words_of(qtbot: QtBot, kind: str, id: str) -> list[str]:
    page = ReferencePage()
    qtbot.addWidget(page)
    page.show_record(find(kind, id))
    return [label.text() for label in page.findChildren(QLabel)]


def test_a_page_says_what_each_option_means_and_what_the_end_of_a_range_stands_for(app: QApplication, qtbot: QtBot) -> None:
    said = words_of(qtbot, "layer", "lstm")
    assert "Last: The state after the last step only: units." in said
    assert any(text.endswith("At 0: all steps.") for text in words_of(qtbot, "layer", "dot_product_attention"))
    assert any(text.endswith("starts as Constant (Value 1)") for text in words_of(qtbot, "layer", "batch_norm"))


def test_a_table_in_a_text_is_shown_as_one(app: QApplication, qtbot: QtBot) -> None:
    said = words_of(qtbot, "loss", "kl_divergence")
    assert not [text for text in said if "|" in text]
    at = said.index("prediction")
    assert said[at : at + 6] == ["prediction", "KL(t ‖ p)", "KL(p ‖ t)", "(0.5, 0.49, 0.01)", "0.0101", "0.2204"]


def test_what_explains_has_a_picture() -> None:
    kinds = ("schedule", Schedule, Curves), ("loss", Loss, Curves), ("penalty", Penalty, Curves)
    for kind, base, form in (*kinds, ("initializer", Initializer, Histogram)):
        for record in registry.entries(kind):
            assert issubclass(record, base)
            assert isinstance(illustrate(record()), form), record.id
    for record in registry.entries("layer"):
        if record().curve(np.zeros(1)) is not None:
            assert isinstance(illustrate(record()), Curves), record.id
        if "kernel" in fields_of(record):
            assert isinstance(illustrate(record()), Reach), record.id


def test_curves_are_those_of_the_record() -> None:
    found = illustrate(find("layer", "tanh")())
    assert isinstance(found, Curves)
    (_, x, y), (_, _, slope) = found.lines
    np.testing.assert_allclose(y, np.tanh(x), atol=1e-6)
    np.testing.assert_allclose(slope, 1 - np.tanh(x) ** 2, atol=1e-5)
    found = illustrate(find("schedule", "cosine")())
    assert isinstance(found, Curves)
    np.testing.assert_array_equal(found.lines[0][2], find("schedule", "cosine")().factor(np.arange(1000), 1000))


def test_losses_over_what_the_network_says() -> None:
    found = illustrate(find("loss", "mean_squared_error")())
    assert isinstance(found, Curves)
    _, x, y = found.lines[0]
    np.testing.assert_allclose(y, x**2, rtol=1e-5)
    found = illustrate(find("loss", "cross_entropy")())
    assert isinstance(found, Curves)
    _, x, y = found.lines[0]
    np.testing.assert_allclose(y, np.log1p(np.exp(-x)), rtol=1e-4)
    found = illustrate(find("loss", "binary_cross_entropy")())
    assert isinstance(found, Curves)
    for sign, (_, x, y) in zip((-1, 1), found.lines, strict=True):
        np.testing.assert_allclose(y, np.log1p(np.exp(sign * x)), rtol=1e-4)


def test_what_a_penalty_makes_of_a_weight_is_its_formula() -> None:
    """Rate times strength is a half, the larger one of two."""
    w = np.linspace(-2.0, 2.0, 161)
    soft = np.sign(w) * np.maximum(np.abs(w) - 0.5, 0.0)
    expected = {
        ("none", ()): w,
        ("l2", ()): 0.5 * w,
        ("decoupled", ()): 0.5 * w,
        ("l1", ()): soft,
        ("elastic_net", ()): soft / 1.5,
        ("elastic_net", (("l1", 0.2), ("l2", 0.4))): np.sign(w) * np.maximum(np.abs(w) - 0.25, 0.0) / 1.5,
        ("elastic_net", (("l1", 0.0), ("l2", 0.0))): w,
    }
    for (id, settings), after in expected.items():
        found = illustrate(find("penalty", id)(**dict(settings)))
        assert isinstance(found, Curves)
        _, x, y = found.lines[-1]
        np.testing.assert_allclose(x, w)
        np.testing.assert_allclose(y, after, atol=1e-12, err_msg=id)


def test_a_max_norm_bounds_the_length() -> None:
    found = illustrate(find("penalty", "max_norm")(limit=0.4))
    assert isinstance(found, Curves)
    _, x, y = found.lines[-1]
    assert x[-1] == pytest.approx(0.8)
    np.testing.assert_allclose(y, np.minimum(x, 0.4))
    assert "0.4" in found.y_title


def test_a_histogram_holds_every_weight() -> None:
    found = illustrate(find("initializer", "he_uniform")())
    assert isinstance(found, Histogram)
    assert found.shares.sum() == pytest.approx(1.0)
    edge = np.sqrt(6 / 128)
    filled = found.edges[:-1][found.shares > 0]
    assert filled[0] >= -edge - (found.edges[1] - found.edges[0])


@pytest.mark.parametrize(
    ("id", "settings", "reached"),
    [
        ("conv2d", {"kernel": (3, 5)}, 15),
        ("conv2d", {"kernel": (3, 3), "dilation": (2, 2)}, 9),
        ("conv1d", {"kernel": 4, "padding": "causal"}, 4),
        ("max_pool2d", {}, 4),
        ("average_pool1d", {"kernel": 3, "stride": 1}, 3),
        ("lstm", {}, 6),
        ("gru", {"bidirectional": True}, 11),
    ],
)
def test_what_an_output_sees_follows_from_the_settings(id: str, settings: dict[str, object], reached: int) -> None:
    found = illustrate(find("layer", id)(**settings))
    assert isinstance(found, Reach)
    assert int((found.influence > 1e-9).sum()) == reached
    assert found.words.startswith(f"{reached} of ")


def test_a_causal_kernel_never_looks_ahead() -> None:
    found = illustrate(find("layer", "conv1d")(kernel=3, padding="causal"))
    assert isinstance(found, Reach)
    assert not (found.influence[0, found.place[1] + 1 :] > 0).any()


def test_pictures_are_drawn(app: QApplication, qtbot: QtBot) -> None:
    view = IllustrationView()
    qtbot.addWidget(view)
    view.resize(400, 200)
    for kind, id in (("layer", "relu"), ("layer", "conv2d"), ("layer", "lstm"), ("initializer", "normal"), ("penalty", "l1")):
        view.show_illustration(illustrate(find(kind, id)()))
        view.show()
        settle()
        image = view.grab().toImage()
        inks = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
        assert theme.theme().color("s1").name() in inks, id
    view.show_illustration(None)
    assert view.isHidden()


def sheet_of(window: MainWindow) -> ReferenceSheet:
    return next(sheet for sheet in window.findChildren(ReferenceSheet) if sheet.isVisible())


def test_the_menu_opens_the_page_of_the_selected_node(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    session.select([node(session, "dropout1").id])
    window.actions_made["reference"].trigger()
    settle()
    sheet = sheet_of(window)
    assert sheet.page.record is find("layer", "dropout")
    session.select([])
    window.actions_made["reference"].trigger()
    assert sheet_of(window) is sheet
    sheet.close()
    settle()


def test_search_and_list_turn_the_pages(window: MainWindow) -> None:
    sheet = open_reference(window)
    sheet.search.setText("huber")
    assert sheet.page.record is find("loss", "huber")
    sheet.search.setText("")
    sheet.tree.setCurrentItem(sheet.rows["metric", "accuracy"])
    assert sheet.page.record is find("metric", "accuracy")
    sheet.close()
    settle()


def test_the_palette_leads_there(window: MainWindow, qtbot: QtBot) -> None:
    palette = window.findChild(Palette)
    row = next(row for row in palette.rows() if row.text(0) == "Softplus")
    palette.tree.setCurrentItem(row)
    assert palette.help.more.isVisibleTo(palette.help)
    palette.help.more.click()
    sheet = sheet_of(window)
    assert sheet.page.record is find("layer", "softplus")
    sheet.close()
    settle()


def test_the_inspector_leads_there_with_the_nodes_own_settings(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    made = Inspector(session)
    qtbot.addWidget(made)
    made.resize(300, 800)
    made.show()
    session.select([node(session, "dense1").id])
    settle()
    assert made.foot.spec == node(session, "dense1").spec
    form = made.sections.forms["Weights"]
    form.more.setChecked(True)
    form.recorded.emit(node(session, "dense1").spec.start)
    assert made.foot.spec is not None
    assert made.foot.spec.kind == "initializer"
    made.foot.more.click()
    sheet = made.findChild(ReferenceSheet)
    assert sheet.page.record is type(node(session, "dense1").spec.start)
    assert isinstance(sheet.page.picture.shown, Histogram)
    sheet.close()
    settle()


def test_the_training_form_leads_to_what_its_lists_hold(session: Session, qtbot: QtBot) -> None:
    made = TrainingPanel(session)
    qtbot.addWidget(made)
    made.resize(300, 800)
    made.show()
    settle()
    made.form.rows["schedule"].editor.combo.setFocus()
    made.form._focused(None, made.form.rows["schedule"].editor.combo)
    assert made.foot.spec == session.project.training.schedule
    made.form._focused(None, made.form.rows["optimizer"].nested.rows["rate"].editor.text)
    assert made.foot.spec == session.project.training.optimizer
