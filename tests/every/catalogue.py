"""Every catalogue record and every example of it, as pytest parameters. Nothing here names a particular record."""

from __future__ import annotations

import pathlib

import pytest

import playground.document.plans  # noqa: F401  # registers the plan records, which live outside the catalogue
from playground.core import registry
from playground.core.spec import Spec

ASSETS = pathlib.Path(__file__).parents[2] / "assets"
DATA = pathlib.Path(__file__).parents[1] / "data"

RECORDS: list[type[Spec]] = [record for kind in registry.kinds() for record in registry.entries(kind)]


def name_of(record: type[Spec]) -> str:
    return f"{record.kind}-{record.id}"


def records(*kinds: str) -> list[object]:
    """Record classes of some kinds (all, if none is named), as parameters."""
    return [pytest.param(record, id=name_of(record)) for record in RECORDS if not kinds or record.kind in kinds]


def examples(*kinds: str) -> list[object]:
    """(record, settings, shapes) of every example, as parameters."""
    return [
        pytest.param(record, settings, shapes, id=f"{name_of(record)}-{name.replace(' ', '_')}")
        for record in RECORDS
        if not kinds or record.kind in kinds
        for name, settings, shapes in record.examples
    ]
