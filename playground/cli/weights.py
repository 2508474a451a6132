"""Weights from a file of their own."""

from __future__ import annotations

from pathlib import Path

from playground.api import Project
from playground.errors import FileError
from playground.formats import npz_file, safetensors_file


def take_weights(project: Project, path: Path | None) -> None:
    """Replace the project's weights by those of a file; None leaves them. Raises FileError."""
    if path is None:
        return
    if not path.is_file():
        raise FileError(f"There is no file {path}. Name a .safetensors or .npz file.")
    if path.suffix.lower() == ".safetensors":
        contents = safetensors_file.read(path)
    elif path.suffix.lower() == ".npz":
        contents = npz_file.read(path)
    else:
        raise FileError(f"{path.name} must end in .safetensors or .npz, from which weights can be read.")
    project.weights = contents.tensors()
