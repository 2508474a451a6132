"""`playground picture`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Command = Callable[..., tuple[int, list[dict[str, Any]]]]


def test_a_project_is_drawn(command: Command, iris: Path, tmp_path: Path) -> None:
    code, lines = command("picture", iris, tmp_path / "a.svg", tmp_path / "a.png", "--scale", "1", "--theme", "dark")
    assert code == 0
    assert [line["event"] for line in lines if line["event"] == "drawn"] == ["drawn", "drawn"]
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_refused(command: Command, iris: Path, tmp_path: Path) -> None:
    for words in (
        (iris, tmp_path / "a.gif"),
        (iris, tmp_path / "a.png", "--scale", "99"),
        (tmp_path / "none.play", tmp_path / "a.svg"),
    ):
        code, _ = command("picture", *words)
        assert code != 0
    assert not list(tmp_path.glob("a.*"))
