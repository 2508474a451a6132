"""Takes the pictures of the README from the real window. `python -m tests.pictures.make` writes them anew; it needs no display."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from playground.document.edits import SetPlan
from playground.ui import theme
from playground.ui.canvas.bar import LabelChoice
from playground.ui.measure.stage import Stage, own_home, spin, stage, until
from playground.ui.panels.knob_rows import SpeedRow

ROOT = Path(__file__).resolve().parents[2]
PICTURES, EXAMPLES = ROOT / "assets" / "pictures", ROOT / "assets" / "examples"
SIZE = (1440, 900)
MOST_BYTES = 300_000
SLOW = 240.0  # steps a second, so that there is time to turn knobs
TURNS = ((700, "optimizer.rate", 0.03), (1250, "optimizer.beta1", 0.8), (1650, "optimizer.rate", 0.006))
LAST_STEP = 2100


def dressed(on: Stage, mode: str, layout: str, example: str) -> None:
    """An example in a window of the usual size."""
    assert isinstance(QApplication.instance(), QApplication)
    theme.apply(on.app, mode)
    on.window.resize(*SIZE)
    on.open(EXAMPLES / f"{example}.play")
    on.window.show_layout(layout)
    until(on.window.canvas.shows_all, "the whole network in view")


def save(on: Stage, name: str) -> None:
    """The window, as it is drawn."""
    spin(0.5)
    small_png(on.window.grab().toImage(), name)


def small_png(image: QImage, name: str) -> None:
    """An image as a PNG of 256 colours among the assets. Raises ValueError if it is too large for a page."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    whole = Image.open(io.BytesIO(buffer.data().data())).convert("RGB")
    path = PICTURES / name
    whole.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{name} must have at most {MOST_BYTES:,} bytes; it has {path.stat().st_size:,}.")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def training(on: Stage) -> None:
    """Spirals in slow motion, after three turns of the knobs."""
    dressed(on, "light", "train", "spiral_mlp")
    session = on.session
    speed = on.window.findChild(SpeedRow)
    speed.show_speed(SLOW)
    speed.chosen.emit(SLOW)
    on.window.findChild(LabelChoice).set("gradient")
    on.start()
    for step, field, value in TURNS:
        until(lambda step=step: session.client.step >= step, f"step {step}")  # type: ignore[misc]
        session.do(SetPlan("training", field, value))
    until(lambda: session.client.step >= LAST_STEP, f"step {LAST_STEP}")
    save(on, "train.png")
    session.stop()
    until(lambda: not session.run.going, "the end")


def building(on: Stage) -> None:
    """A trained convolutional network with one of its layers in the inspector."""
    dressed(on, "dark", "build", "digits_cnn")
    on.start()
    until(lambda: on.session.run.state == "finished", "the end")
    node = next(node for node in on.session.project.network.nodes if node.name == "conv2")
    on.session.select([node.id])
    save(on, "build.png")


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for take in (training, building):
        with own_home(), stage() as on:
            take(on)


if __name__ == "__main__":
    main()
