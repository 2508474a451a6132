"""Names of nodes: "dense1", "conv2". Unique in a network and good in scripts, files and ONNX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from playground.words import sentence

MOST = 100
RULE = sentence("a letter, then letters, digits and _, at most {most} in all", most=MOST)
_GOOD = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{MOST - 1}}}")
_NUMBERED = re.compile(r"(.*?)_?\d+")


def is_name(text: object) -> bool:
    """Whether a node may be called so."""
    return isinstance(text, str) and _GOOD.fullmatch(text) is not None


def stem_of(id: str) -> str:
    """What nodes of a catalogue id are called, without the number: "conv2d" -> "conv", "max_pool2d" -> "max_pool"."""
    stem = re.sub(r"[^A-Za-z0-9_]", "_", re.sub(r"_?\d+d$", "", id)).lstrip("_0123456789")
    return stem[: MOST - 8] or "node"


def unique_name(stem: str, taken: Collection[str]) -> str:
    """The first of stem1, stem2, … that is free."""
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def free_name(name: str, taken: Collection[str]) -> str:
    """The name itself where it is free, else the next number: "dense2" -> "dense3"."""
    if name not in taken:
        return name
    match = _NUMBERED.fullmatch(name)
    return unique_name((match[1] if match and match[1] else name)[: MOST - 8], taken)


#: They turn the direction of the text around them, so that a name can look like another.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def bad_character(text: str, lines: bool = False) -> str | None:
    """The first character that no words of a person need, such as a control character. lines: line breaks and tabs are good."""
    for c in text:
        if lines and c in "\n\t":
            continue
        if c in _TURNING or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp"):
            return c
    return None
