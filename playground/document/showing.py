"""A value of a project's JSON as a sentence names it."""

from __future__ import annotations

from typing import Any

from playground.words import sentence


def shown(value: Any) -> str:
    """A value for a sentence, short and on one line."""
    if isinstance(value, dict | list):
        return sentence("an object of {n}", n=len(value)) if isinstance(value, dict) else sentence("a list of {n}", n=len(value))
    text = {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
