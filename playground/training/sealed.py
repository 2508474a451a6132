"""Files that lie beside a run's record and hold plain arrays: a mark that says what it is, the SHA-256 of the rest, the rest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playground.errors import FileError
from playground.words import sentence


def sealed(mark: bytes, body: bytes) -> bytes:
    """The whole file."""
    return mark + hashlib.sha256(body).digest() + body


def unsealed(path: Path, mark: bytes, most: int, damaged: str) -> bytes | None:
    """What was sealed; None where there is no such file. Raises FileError, with the text `damaged` unless it cannot be read at all.

    most: bytes that it may have.
    """
    head = len(mark) + 32
    try:
        if not path.exists():
            return None
        with path.open("rb") as file:
            data = file.read(head + most + 1)
    except OSError as error:
        raise FileError(sentence("{path} cannot be read: {error}. Allow reading it.", path=path, error=error)) from error
    body = data[head:]
    if len(body) > most or data != sealed(mark, body):
        raise FileError(damaged)
    return body
