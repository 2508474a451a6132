"""The window at 1.5 and 2 times the size: pictures are sharp there, and nothing is cut."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parents[2]


def look(scale: float, folder: Path) -> dict[str, Any]:
    """What a window of 1366 × 768 shows under a scale factor."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"QT_SCALE_FACTOR": f"{scale:g}", "QT_QPA_PLATFORM": "offscreen", "PLAYGROUND_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.scaled", str(folder)], cwd=ROOT, env={**os.environ, **wanted}, capture_output=True,
        text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def grey(path: Path) -> np.ndarray:
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_Grayscale8)
    return (
        np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())[:, : image.width()].astype(float)
    )


def detail(image: np.ndarray) -> float:
    """How much changes from one pixel to the next but one, beyond what changes over twice that way: blur has little of it."""
    fine = np.abs(image[:, 1:] - image[:, :-1])
    return float((fine > 60).mean())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The window at its own size, and where its pictures are."""
    folder = tmp_path_factory.mktemp("plain")
    return look(1.0, folder), folder


@pytest.mark.parametrize("scale", [1.5, 2.0])
def test_sharp_and_whole(scale: float, plain: tuple[dict[str, Any], Path], tmp_path: Path, app: object) -> None:
    one, large = plain[0], look(scale, tmp_path / "large")
    assert large["ratio"] == scale
    assert large["size"] == [round(1366 * scale), round(768 * scale)]
    assert large["cut"] == one["cut"] == []
    assert large["outside"] == one["outside"] == []
    assert large["unseen"] == one["unseen"] == []
    for path in sorted((tmp_path / "large").glob("*.png")):
        sharp, small = grey(path), grey(plain[1] / path.name)
        rows = (np.arange(sharp.shape[0]) / scale).astype(int).clip(0, small.shape[0] - 1)
        columns = np.arange(sharp.shape[1]) / scale
        left = columns.astype(int).clip(0, small.shape[1] - 2)
        part = columns - left
        stretched = small[rows][:, left] * (1 - part) + small[rows][:, left + 1] * part
        assert detail(sharp) > 1.2 * detail(stretched), f"{path.name} looks stretched"
