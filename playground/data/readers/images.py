"""A folder of pictures, one sub-folder for each class. Bad pictures are listed with the reason, and the rest is read."""

from __future__ import annotations

import dataclasses
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from playground.errors import DataError, FileError
from playground.words import sentence

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
MOST_PIXELS = 50_000_000
MOST_FILE_BYTES = 256 << 20
MOST_FILES = 200_000
MOST_NUMBERS = 1 << 28


@dataclasses.dataclass(frozen=True)
class BadImage:
    """A picture that was left out, and why."""

    path: Path
    reason: str


@dataclasses.dataclass(frozen=True)
class Images:
    """Shapes: x (n, height, width, channels) float32 in 0 to 1; label (n,) int64, indices into names."""

    x: np.ndarray
    label: np.ndarray
    names: tuple[str, ...]
    bad: tuple[BadImage, ...]
    ignored: int


def read_folder(folder: Path, *, size: tuple[int, int], grey: bool) -> Images:
    """All pictures, resized to size (height, width). ignored: files that are no pictures by their ending. Raises FileError or DataError."""
    classes = _classes(folder)
    files = [(path, label) for label, (_, paths) in enumerate(classes) for path in paths if path.suffix.lower() in ENDINGS]
    ignored = sum(len(paths) for _, paths in classes) - len(files)
    if not files:
        raise DataError(
            sentence(
                "{folder} holds no picture in its sub-folders. Expected are {endings}.",
                folder=folder.name,
                endings=", ".join(sorted(ENDINGS)),
            )
        )
    channels = 1 if grey else 3
    numbers = len(files) * size[0] * size[1] * channels
    if numbers > MOST_NUMBERS:
        raise DataError(
            sentence(
                "{files_count} pictures of {size}×{size2}×{channels} are {numbers} numbers; at most {most_numbers} fit. "
                "Choose a smaller size or grey.",
                files_count=f"{len(files):,}",
                size=size[0],
                size2=size[1],
                channels=channels,
                numbers=f"{numbers:,}",
                most_numbers=f"{MOST_NUMBERS:,}",
            )
        )
    x = np.empty((len(files), *size, channels), np.float32)
    labels: list[int] = []
    bad: list[BadImage] = []
    for path, label in files:
        try:
            x[len(labels)] = read_image(path, size=size, grey=grey)
        except FileError as error:
            bad.append(BadImage(path, str(error)))
        else:
            labels.append(label)
    return Images(x[: len(labels)], np.array(labels, np.int64), tuple(name for name, _ in classes), tuple(bad), ignored)


def read_image(path: Path, *, size: tuple[int, int], grey: bool) -> np.ndarray:
    """The first frame of a picture. Shapes: (height, width, 1 or 3) float32 in 0 to 1. Raises FileError."""
    from PIL import Image as pillow
    from PIL import UnidentifiedImageError

    try:
        # Opening a pipe or a device would wait for ever.
        if not path.is_file() or path.stat().st_size > MOST_FILE_BYTES:
            raise FileError(
                sentence("it is no plain file of at most {most_file_bytes} bytes", most_file_bytes=f"{MOST_FILE_BYTES:,}")
            )
        with warnings.catch_warnings():
            # Pillow warns about odd but readable files; the limit on pixels is ours.
            warnings.simplefilter("ignore")
            with pillow.open(path, formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise FileError(
                        sentence(
                            "it has {width}×{height} pixels; at most {most_pixels} are read",
                            width=width,
                            height=height,
                            most_pixels=f"{MOST_PIXELS:,}",
                        )
                    )
                wide = _flat(picture, grey).resize((size[1], size[0]), pillow.Resampling.BILINEAR)
                values = np.asarray(wide, np.float32)
    except FileError:
        raise
    except UnidentifiedImageError as error:
        raise FileError(sentence("it is not a picture in {formats}", formats=", ".join(FORMATS))) from error
    except Exception as error:
        # A decoder raises anything on a damaged file; the reason is listed.
        raise FileError(sentence("it is damaged: {error}", error=str(error)[:100] or type(error).__name__)) from error
    return values.reshape(*size, -1) / np.float32(255)


def _flat(picture: Image, grey: bool) -> Image:
    """The picture upright, on white where it is transparent, in one or three channels of 8 bits."""
    from PIL import Image as pillow
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        # Pillow's own conversion cuts off everything above 255.
        upright = pillow.fromarray((np.asarray(upright, np.float64).clip(0, 65535) / 257).round().astype(np.uint8))
    if upright.has_transparency_data:
        coloured = upright.convert("RGBA")
        upright = pillow.alpha_composite(pillow.new("RGBA", coloured.size, "white"), coloured)
    return upright.convert("L" if grey else "RGB")


def _classes(folder: Path) -> list[tuple[str, list[Path]]]:
    """(class name, files) of each sub-folder, both in order of name; hidden ones are not classes."""
    if not folder.is_dir():
        raise FileError(
            sentence("{folder} is not a folder. Choose the folder that holds one sub-folder for each class.", folder=folder.name)
        )
    found: list[tuple[str, list[Path]]] = []
    count = 0
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    for name in names:
        with os.scandir(folder / name) as entries:
            paths = sorted(Path(entry.path) for entry in entries if entry.is_file() and not entry.name.startswith("."))
        count += len(paths)
        if count > MOST_FILES:
            raise DataError(
                sentence(
                    "{folder} holds more than {most_files} files. Choose a part of it.",
                    folder=folder.name,
                    most_files=f"{MOST_FILES:,}",
                )
            )
        found.append((name, paths))
    if len(found) < 2:
        raise DataError(
            sentence(
                "{folder} has {found_count} sub-folders; two or more were expected, one for each class.",
                folder=folder.name,
                found_count=len(found),
            )
        )
    return found
