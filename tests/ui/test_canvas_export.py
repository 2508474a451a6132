"""The canvas as SVG and PNG, by menu and by the command line."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog

from playground.core import registry
from playground.document.edits import AddLink, AddNode, AddNote
from playground.errors import BadValue
from playground.ui import theme
from playground.ui.actions.canvas import export_picture
from playground.ui.canvas.svg import to_png, to_svg, write_picture
from playground.ui.main_window import MainWindow
from playground.ui.picture import draw
from playground.ui.picture import main as draw_from_shell
from playground.ui.session import Session
from tests.examples.recipes import FOLDER
from tests.ui.conftest import settle


@pytest.fixture
def drawn(window: MainWindow, session: Session, loaded) -> MainWindow:
    """digits -> conv1 with a hostile note and a frame, conv1 selected, and a node far out of view."""
    for kind, id, x in (("dataset", "digits", 0), ("layer", "conv2d", 250), ("layer", "dense", 6000)):
        session.do(AddNode(registry.find(kind, id)(), position=(float(x), 0.0)))
    data, conv, _ = session.project.network.nodes
    session.do(AddLink(data.id, conv.id, 0))
    session.do(AddNote('<script>alert("&")</script>\nwords', (0.0, 300.0)))
    session.do(AddNote("Encoder", (230.0, -40.0), (200.0, 260.0), frame=True))
    loaded(session)
    session.select((conv.id,))
    settle()
    return window


def texts(svg: bytes) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_text_is_text_and_icons_are_lines(drawn: MainWindow) -> None:
    svg = to_svg(drawn.canvas)
    found = texts(svg)
    names = {node.name for node in drawn.session.project.network.nodes}
    assert names <= set(found)
    assert "Encoder" in found
    assert any("<script>" in text for text in found), "as text, not as an element"
    root = ET.fromstring(svg)
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    images = list(root.iter("{http://www.w3.org/2000/svg}image"))
    previews = sum(bool(item.look.preview) for item in drawn.canvas.canvas.nodes.values())
    assert len(images) <= 2 * previews, "pictures of values alone are pixels"
    assert root.get("width", "").isdigit()


def test_an_svg_looks_like_the_png(drawn: MainWindow) -> None:
    renderer = QSvgRenderer(QByteArray(to_svg(drawn.canvas)))
    assert renderer.isValid()
    png = QImage.fromData(to_png(drawn.canvas, 1.0))
    svg = QImage(png.size(), QImage.Format.Format_RGB32)
    painter = QPainter(svg)
    renderer.render(painter)
    painter.end()
    far = same = 0
    for x in range(0, 460, 3):
        for y in range(0, png.height(), 3):
            a, b = png.pixelColor(x, y), svg.pixelColor(x, y)
            gap = max(abs(a.red() - b.red()), abs(a.green() - b.green()), abs(a.blue() - b.blue()))
            far, same = far + (gap > 60), same + 1
    assert far / same < 0.06, "but for the edges of letters"


def test_selection_and_view_are_left_as_they_were_and_not_drawn(drawn: MainWindow, session: Session) -> None:
    chosen, zoom, centre = session.selection, drawn.canvas.zoom, drawn.canvas.visible().center()
    with_selection = to_png(drawn.canvas, 1.0)
    assert session.selection == chosen
    assert drawn.canvas.canvas.selected_ids() == chosen
    assert (drawn.canvas.zoom, drawn.canvas.visible().center()) == (zoom, centre)
    session.select(())
    assert to_png(drawn.canvas, 1.0) == with_selection


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_png_has_its_scale(drawn: MainWindow, tmp_path: Path, scale: float) -> None:
    write_picture(drawn.canvas, tmp_path / "a.png", scale)
    image = QImage(str(tmp_path / "a.png"))
    world = drawn.canvas.world()
    assert abs(image.width() - scale * (world.width() + 48)) <= 2 * scale
    assert abs(image.height() - scale * (world.height() + 48)) <= 2 * scale


def test_what_cannot_be_drawn_is_a_sentence(drawn: MainWindow, session: Session, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="must end in"):
        write_picture(drawn.canvas, tmp_path / "a.gif")
    with pytest.raises(BadValue, match="smaller scale"):
        write_picture(drawn.canvas, tmp_path / "a.png", 8.0)
    session.new()
    settle()
    with pytest.raises(BadValue, match="nothing to draw"):
        write_picture(drawn.canvas, tmp_path / "a.svg")
    assert not list(tmp_path.glob("a.*"))


@pytest.mark.parametrize(
    ("kind", "name", "wanted"),
    [(0, "net", "net.svg"), (2, "net.png", "net.png"), (1, "net.svg", "net.png"), (0, "net.png", "net.png")],
)
def test_the_menu_asks_and_writes(
    drawn: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int, name: str, wanted: str
) -> None:
    def answer(parent, title: str, proposed: str, kinds: str) -> tuple[str, str]:
        assert proposed.endswith(".svg")
        return str(tmp_path / name), kinds.split(";;")[kind]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    export_picture(drawn)
    assert (tmp_path / wanted).stat().st_size > 1000


def test_a_cancelled_dialog_writes_nothing(drawn: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    export_picture(drawn)
    assert not list(tmp_path.glob("*.svg"))


def test_an_example_is_drawn_without_a_window(app, tmp_path: Path) -> None:
    draw(FOLDER / "digits_cnn.play", [tmp_path / "a.svg", tmp_path / "a.png"], 1.0, "dark")
    settle()
    assert "dense1" in " ".join(texts((tmp_path / "a.svg").read_bytes()))
    image = QImage(str(tmp_path / "a.png"))
    assert image.pixelColor(2, 2) == theme.theme().color("canvas")
    theme.apply(app, "light")


def test_a_bad_file_is_said(app, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.play").write_bytes(b"no project")
    assert draw_from_shell([str(tmp_path / "bad.play"), str(tmp_path / "a.svg")]) == 1
    assert capsys.readouterr().err.strip()
    settle()
