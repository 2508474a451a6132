"""What a project looked like and how well it did when it was last saved, for its row on the start page.

Kept beside the list of recent projects, so that the start page need not read the projects themselves. Losing it loses a picture only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from playground.document import strict_json
from playground.document.saver import save_atomically
from playground.errors import PlaygroundError
from playground.paths import user_data_dir
from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.core.samples import Samples

#: Pixels of the picture as it is shown, and how many of the file make one of them.
WIDE, HIGH, FINE = 40, 32, 2
#: The picture is drawn so much larger, so that points and lines become fine.
_DRAWN = 3
#: Pictures that stay; older ones go.
MOST = 40


@dataclasses.dataclass(frozen=True)
class Face:
    """picture: None where there is none.  metrics: by name, of the last epoch before it was saved."""

    picture: QPixmap | None = None
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)


def keep_face(path: Path, samples: Samples | None, metrics: Mapping[str, float]) -> None:
    """Keep a picture of the data and the figures of a project that was saved just now. What cannot be written is left out."""
    stem = _stem(path)
    told = {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        save_atomically(stem.with_suffix(".json"), strict_json.encode({"metrics": told}))
        if samples is not None:
            save_atomically(stem.with_suffix(".png"), _drawn(samples))
        _forget_old()
    except (PlaygroundError, OSError):
        return  # the row then shows the folder, as before


def face_of(path: Path) -> Face:
    """What is known of a project."""
    stem = _stem(path)
    picture = QPixmap(str(stem.with_suffix(".png"))) if stem.with_suffix(".png").is_file() else QPixmap()
    picture.setDevicePixelRatio(FINE)
    try:
        found = strict_json.decode(stem.with_suffix(".json").read_bytes())["metrics"]
        metrics = {str(name): float(value) for name, value in found.items()}
    except (OSError, PlaygroundError, KeyError, TypeError, ValueError, AttributeError):
        metrics = {}
    return Face(None if picture.isNull() else picture, metrics)


def _drawn(samples: Samples) -> bytes:
    from playground.ui.dialogs.example_cards import draw_samples

    image = QImage(WIDE * _DRAWN, HIGH * _DRAWN, QImage.Format.Format_RGB32)
    image.fill(theme().color("base"))
    p = QPainter(image)
    draw_samples(p, QRectF(image.rect()), samples)
    p.end()
    small = image.scaled(
        WIDE * FINE, HIGH * FINE, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    small.save(buffer, "PNG")  # type: ignore[call-overload]  # Qt wants a str here, its stub bytes
    return bytes(buffer.data().data())


def _stem(path: Path) -> Path:
    name = hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return user_data_dir() / "recent" / name


def _forget_old() -> None:
    pictures = sorted((user_data_dir() / "recent").glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in pictures[MOST:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".png").unlink(missing_ok=True)
