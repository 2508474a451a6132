"""Folders of pictures written by Pillow."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from playground.data.array_samples import samples_of_images
from playground.data.readers.images import read_folder, read_image
from playground.errors import DataError, FileError


def paint(path: Path, colour: object = (255, 0, 0), mode: str = "RGB", size: tuple[int, int] = (6, 4)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)
    return path


@pytest.mark.parametrize("ending", ["png", "bmp", "gif", "webp", "jpg"])
def test_every_format_in_size_and_colour(tmp_path: Path, ending: str) -> None:
    path = paint(tmp_path / f"p.{ending}", (255, 128, 0))
    found = read_image(path, size=(3, 5), grey=False)
    assert found.shape == (3, 5, 3)
    np.testing.assert_allclose(found, np.broadcast_to(np.array([255, 128, 0]) / 255, (3, 5, 3)), atol=0.02)
    assert read_image(path, size=(3, 5), grey=True).shape == (3, 5, 1)


@pytest.mark.parametrize(
    ("mode", "colour", "grey"),
    [("L", 51, 0.2), ("1", 1, 1.0), ("I;16", 32896, 128 / 255), ("RGBA", (0, 0, 0, 0), 1.0), ("P", 0, 0.0)],
)
def test_modes(tmp_path: Path, mode: str, colour: object, grey: float) -> None:
    """Sixteen bits are scaled, not cut off; transparent means white."""
    found = read_image(paint(tmp_path / "p.png", colour, mode), size=(2, 2), grey=True)
    np.testing.assert_allclose(found, grey, atol=0.003)


def test_pixels_are_those_of_the_file(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    np.testing.assert_allclose(read_image(tmp_path / "p.png", size=(7, 5), grey=False), pixels / 255, atol=1e-7)


def test_pictures_turned_by_the_camera_stand_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 255
    Image.fromarray(pixels).save(tmp_path / "p.jpg", exif=exif, quality=95)
    found = read_image(tmp_path / "p.jpg", size=(16, 8), grey=True)[..., 0]
    assert found[:6].mean() > 0.9
    assert found[10:].mean() < 0.1


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def test_a_bad_picture_is_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        for number in range(20):
            paint(tmp_path / name / f"{number:02}.png", (number, 0, 0))
    good = (tmp_path / "cat" / "00.png").read_bytes()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)).save(tmp_path / "noise.png")
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b""))
    )
    bad = {
        "cut.png": (tmp_path / "noise.png").read_bytes()[:150],
        "empty.png": b"",
        "text.png": b"hello",
        "script.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        "drawing.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "bomb.png": bomb,
        "crc.png": good[:20] + bytes([good[20] ^ 1]) + good[21:],
    }
    for name, content in bad.items():
        (tmp_path / "cat" / name).write_bytes(content)
    (tmp_path / "cat" / "notes.txt").write_text("x")
    (tmp_path / "cat" / ".hidden.png").write_text("x")
    (tmp_path / "cat" / "folder.png").mkdir()
    found = read_folder(tmp_path, size=(4, 4), grey=False)
    assert {entry.path.name for entry in found.bad} == set(bad)
    assert all(entry.reason for entry in found.bad)
    assert found.x.shape == (40, 4, 4, 3)
    assert np.bincount(found.label).tolist() == [20, 20]
    samples = samples_of_images(found, tmp_path)
    assert samples.class_names == ("cat", "dog")
    assert "7 of 47 pictures were left out" in samples.notes[0]
    assert "1 files are no pictures" in samples.notes[1]


def test_folders_without_classes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="not a folder"):
        read_folder(tmp_path / "none", size=(4, 4), grey=False)
    with pytest.raises(DataError, match="0 sub-folders"):
        read_folder(tmp_path, size=(4, 4), grey=False)
    paint(tmp_path / "a" / "p.png")
    with pytest.raises(DataError, match="1 sub-folders"):
        read_folder(tmp_path, size=(4, 4), grey=False)
    (tmp_path / "b").mkdir()
    with pytest.raises(DataError, match="no picture could be read in b"):
        samples_of_images(read_folder(tmp_path, size=(4, 4), grey=False), tmp_path)


def test_the_size_is_checked_before_memory_is_taken(tmp_path: Path) -> None:
    for name in "ab":
        for number in range(50):
            paint(tmp_path / name / f"{number}.png", size=(1, 1))
    with pytest.raises(DataError, match="smaller size"):
        read_folder(tmp_path, size=(1024, 1024), grey=False)
