"""Blocks in files of their own: those that ship with the program, and the personal library. Strict JSON, nothing is executed.

A file holds one block and the definitions that it uses. Lists of them read only names; `load` reads and checks all of it.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from pathlib import Path
from typing import Any

from playground.document import strict_json
from playground.document.blocks import MOST_NAME, with_ports
from playground.document.edits.blocks import block_of, definitions
from playground.document.integrity import integrity_faults
from playground.document.project import Block, Project
from playground.document.saver import save_atomically
from playground.errors import BadValue, FileError
from playground.paths import assets_dir, user_data_dir
from playground.words import joined, sentence

FORMAT = "playground block"
VERSION = 1
MOST_BYTES = 4 * 2**20
MOST_FILES = 500


@dataclasses.dataclass(frozen=True)
class Entry:
    """A block in a file. id: of its definition.  tail: a few words for the palette.  personal: it may be removed."""

    id: str
    name: str
    help: str
    tail: str
    path: Path
    personal: bool

    def load(self) -> tuple[Block, ...]:
        """Its definition, last, and those that it uses before it. Raises FileError or BadValue."""
        return read_block(self.path)


def shipped() -> tuple[Entry, ...]:
    """The blocks that come with the program, by name."""
    return _shipped(assets_dir() / "blocks")


@functools.cache
def _shipped(folder: Path) -> tuple[Entry, ...]:
    entries = [_entry(path, personal=False) for path in sorted(folder.glob("*.json"))]
    return tuple(sorted(entries, key=lambda entry: entry.name.casefold()))


def personal() -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """The blocks of the personal library, by name, and sentences about files that are none."""
    entries, said = [], []
    for path in sorted(library_folder().glob("*.json"))[:MOST_FILES]:
        try:
            entries.append(_entry(path, personal=True))
        except (BadValue, FileError) as error:
            said.append(sentence("{path} in the library of blocks cannot be used. {error}", path=path.name, error=error))
    return tuple(sorted(entries, key=lambda entry: entry.name.casefold())), tuple(said)


def save_personal(project: Project, block: str) -> Path:
    """Keep a definition of a project, and those that it uses, in the personal library; it replaces an older form of itself.

    Raises FileError where it cannot be written.
    """
    chosen = block_of(project, block)
    blocks = (*definitions(project, chosen.network), chosen)
    folder = library_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    old = next((entry.path for entry in personal()[0] if entry.id == block), None)
    path = old or _free(folder, chosen.name)
    if len(data := strict_json.encode(to_json(blocks))) > MOST_BYTES:
        raise BadValue(
            sentence(
                "A block's file may have {most_bytes} bytes; {chosen} would have {data_count}.",
                most_bytes=f"{MOST_BYTES:,}",
                chosen=chosen.name,
                data_count=f"{len(data):,}",
            )
        )
    save_atomically(path, data)
    return path


def remove_personal(block: str) -> None:
    """Forget a block of the personal library; projects that use it keep it."""
    for entry in personal()[0]:
        if entry.id == block:
            entry.path.unlink(missing_ok=True)


def library_folder() -> Path:
    """Where the personal library lies."""
    return user_data_dir() / "library" / "blocks"


def to_json(blocks: tuple[Block, ...]) -> dict[str, Any]:
    """The last of these definitions, with those that it uses."""
    from playground.document.project_json import block_to_json

    return {"format": FORMAT, "version": VERSION, "block": blocks[-1].id, "blocks": [block_to_json(block) for block in blocks]}


def read_block(path: Path) -> tuple[Block, ...]:
    """The definitions of a file, the block itself last. Raises FileError or BadValue with a sentence."""
    from playground.document.project_json import block_from_json
    from playground.document.records import Findings
    from playground.document.schema import BlockFileShape, shape_faults

    data = _decoded(path)
    found = Findings(shape_faults(data, BlockFileShape))
    blocks: tuple[Block, ...] = ()
    if not found.faults:
        blocks = tuple(block_from_json(raw, f"/blocks/{at}", found) for at, raw in enumerate(data["blocks"]))
        whole = with_ports(Project(blocks=blocks))
        blocks = whole.blocks
        found.faults += [(place, joined((place, fault), ": ")) for place, fault in integrity_faults(whole)]
        if not found.faults and (not blocks or blocks[-1].id != data["block"]):
            found.fault("/block", sentence("it must be the id of the last block of the file."))
    if found.faults:
        raise BadValue(f"{path.name} holds no block that can be used. {found.faults[0][1]}"[:290])
    return blocks


def _entry(path: Path, personal: bool) -> Entry:
    data = _decoded(path)
    listed = data.get("blocks")
    last = listed[-1] if isinstance(listed, list) and listed else None
    if not isinstance(last, dict):
        raise BadValue(sentence("It names no block."))
    id, name, help, tail = last.get("id"), last.get("name"), last.get("help", ""), data.get("tail", "")
    if not isinstance(id, str) or not isinstance(name, str) or not isinstance(help, str) or not isinstance(tail, str):
        raise BadValue(sentence("The id, name and help of its block must be texts."))
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable():
        raise BadValue(
            sentence("The name of its block must be a line of 1 to {most_name} printable characters.", most_name=MOST_NAME)
        )
    return Entry(id, name, help, tail, path, personal)


def _decoded(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadValue(
                sentence(
                    "A block's file may have {most_bytes} bytes; {path} has {st_size}.",
                    most_bytes=f"{MOST_BYTES:,}",
                    path=path.name,
                    st_size=f"{path.stat().st_size:,}",
                )
            )
        data = strict_json.decode(path.read_bytes())
    except OSError as error:
        raise FileError(
            sentence("{path} cannot be read: {strerror}.", path=path.name, strerror=error.strerror or error)
        ) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise BadValue(sentence("{path} must be a {format}; its format says something else.", path=path.name, format=FORMAT))
    if not isinstance(data.get("version"), int) or data["version"] > VERSION:
        raise BadValue(
            sentence(
                "{path} is of version {value}; this program reads up to {version}.",
                path=path.name,
                value=f"{data.get('version')!r:.20}",
                version=VERSION,
            )
        )
    return data


def _free(folder: Path, name: str) -> Path:
    """A file name that the block's name suggests and that is free."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40] or "block"
    number = 1
    while (path := folder / (f"{stem}.json" if number == 1 else f"{stem}_{number}.json")).exists():
        number += 1
    return path
