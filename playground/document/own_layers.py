"""The user's own layers: formulas with a name, in a file of the user's library. It holds text only, read again by the parser."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Any

from playground.core.expression import MOST_CHARACTERS, FormulaError, parse
from playground.document import strict_json
from playground.document.saver import save_atomically
from playground.errors import BadValue
from playground.paths import user_data_dir
from playground.words import sentence

MOST = 200
MOST_LETTERS = 28


@dataclasses.dataclass(frozen=True)
class OwnLayer:
    """name: as the palette shows it.  formula: its canonical text, or as it was typed where that is longer than a field takes."""

    name: str
    formula: str


def own_layers() -> list[OwnLayer]:
    """All, by name. A file that is damaged is put aside; an entry that is no formula to this version is left out."""
    store = _store()
    try:
        listed = strict_json.decode(store.read_bytes())["layers"]
        found = [layer for one in listed if (layer := _read(one)) is not None]
    except OSError:  # none yet, or none that may be read
        return []
    except (BadValue, KeyError, TypeError):
        with contextlib.suppress(OSError):
            os.replace(store, store.with_suffix(".bad"))  # kept, in case a person wants to look
        return []
    return sorted(found[:MOST], key=lambda layer: layer.name.casefold())


def add_own_layer(name: str, formula: str) -> OwnLayer:
    """Keep a formula under a name. Raises BadValue for a name in use or a bad one, FileError where the file cannot be written."""
    name = checked_name(name)
    present = own_layers()
    if len(present) >= MOST:
        raise BadValue(sentence("The palette holds at most {most} layers of your own. Remove one first.", most=MOST))
    made = OwnLayer(name, _kept(formula))
    _write([*present, made])
    return made


def checked_name(name: str) -> str:
    """The name without spaces at its ends. Raises BadValue for a bad one and for one that is in use."""
    name = name.strip()
    if not 1 <= len(name) <= MOST_LETTERS or not name.isprintable():
        raise BadValue(
            sentence(
                "A name has 1 to {most_letters} printable characters; {name} was given.",
                most_letters=MOST_LETTERS,
                name=f"{name[:40]!r}",
            )
        )
    if any(layer.name.casefold() == name.casefold() for layer in own_layers()):
        raise BadValue(sentence("There already is a layer of your own called {name}. Choose another name.", name=name))
    return name


def remove_own_layer(name: str) -> None:
    """Forget one; projects that use its formula keep it."""
    _write([layer for layer in own_layers() if layer.name != name])


def _read(one: Any) -> OwnLayer | None:
    """An entry of the file, or None for what is none."""
    if not isinstance(one, dict):
        return None
    name, formula = one.get("name"), one.get("formula")
    if not isinstance(name, str) or not isinstance(formula, str) or not 1 <= len(name) <= MOST_LETTERS or not name.isprintable():
        return None
    try:
        return OwnLayer(name, _kept(formula))
    except FormulaError:
        return None


def _kept(typed: str) -> str:
    """The text under which a formula is kept: one that the layer's field takes. Raises FormulaError."""
    canonical = parse(typed).text
    return canonical if len(canonical) <= MOST_CHARACTERS else " ".join(typed.split())


def _write(layers: list[OwnLayer]) -> None:
    store = _store()
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    save_atomically(store, strict_json.encode({"layers": [dataclasses.asdict(layer) for layer in layers]}))


def _store() -> Path:
    return user_data_dir() / "library" / "expressions.json"
