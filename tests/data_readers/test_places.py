"""A project from a stranger reads nothing but what lies beside it or was picked here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from playground.data.readers import pick, resolve
from playground.data.readers.places import require_file
from playground.errors import FileError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "secret.csv").write_text("x,y\n1,2\n")
    return folder


@pytest.mark.parametrize("path", ["data/a.csv", "./data/a.csv", "data\\a.csv", "data"])
def test_what_lies_beside_the_project_is_found(project: Path, path: str) -> None:
    found = resolve(path, project)
    assert found.is_relative_to(project.resolve())


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "No file is chosen"),
        ("  ", "No file is chosen"),
        ("../secret.csv", "leads out"),
        ("data/../../secret.csv", "leads out"),
        ("data\\..\\..\\secret.csv", "leads out"),
        ("/etc/passwd", "outside the project's folder"),
        ("//host/share/a.csv", "another computer"),
        ("\\\\host\\share\\a.csv", "another computer"),
        ("~/a.csv", "begins with ~"),
        ("http://host/a.csv", "an address"),
        ("file:///etc/passwd", "an address"),
        ("https:a.csv", "an address"),
        ("C:\\data\\a.csv", "another system"),
        ("a\0.csv", "characters"),
        ("a\n.csv", "characters"),
        ("none.csv", "does not exist"),
        ("x" * 5000, ""),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="drives are ordinary there")
def test_everything_else_is_refused_with_a_sentence(project: Path, path: str, told: str) -> None:
    with pytest.raises(FileError) as refused:
        resolve(path, project)
    text = str(refused.value)
    assert told in text
    assert text.endswith(".")
    assert len(text) <= 300


def test_a_link_out_of_the_project_is_refused_until_it_is_picked(project: Path) -> None:
    (project / "link.csv").symlink_to(project.parent / "secret.csv")
    with pytest.raises(FileError, match="outside"):
        resolve("link.csv", project)
    pick(project.parent / "secret.csv")
    assert resolve("link.csv", project) == (project.parent / "secret.csv").resolve()


def test_a_picked_folder_opens_what_lies_in_it(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "b.csv").write_text("1\n")
    with pytest.raises(FileError, match="outside"):
        resolve(str(elsewhere / "b.csv"), project)
    pick(elsewhere)
    assert resolve(str(elsewhere / "b.csv"), project) == (elsewhere / "b.csv").resolve()


def test_without_a_project_any_path_may_be_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(str(project.parent / "secret.csv"), None).name == "secret.csv"
    monkeypatch.chdir(project)
    assert resolve("../secret.csv", None).name == "secret.csv"


def test_a_link_that_leads_to_itself(project: Path) -> None:
    (project / "loop").symlink_to(project / "loop")
    with pytest.raises(FileError):
        resolve("loop", project)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="not a file"):
        require_file(tmp_path / "pipe", 100)


@pytest.mark.parametrize(("size", "fits"), [(99, True), (100, True), (101, False)])
def test_the_limit_on_bytes(tmp_path: Path, size: int, fits: bool) -> None:
    (tmp_path / "f").write_bytes(b"x" * size)
    if fits:
        assert require_file(tmp_path / "f", 100) == size
    else:
        with pytest.raises(FileError, match="101 bytes; at most 100"):
            require_file(tmp_path / "f", 100)
