"""A stranger's project cannot point at files of this machine."""

from __future__ import annotations

import pytest

from playground.core import registry
from playground.core.fields import Path, fields_of
from playground.document import edits as e
from playground.document.foreign import foreign_paths, leads_away
from playground.document.project import Project

AWAY = ["/etc/passwd", "\\\\host\\share\\a.csv", "//host/share", "~/a.csv", "C:\\a.csv", "c:a.csv", "https://a.b/c.csv", "file:///etc/passwd",
        "../a.csv", "data/../../a.csv", "data\\..\\..\\a", "a\0b"]  # fmt: skip


@pytest.mark.parametrize("path", AWAY)
def test_paths_that_lead_away(path: str) -> None:
    assert leads_away(path)


@pytest.mark.parametrize("path", ["", "a.csv", "data/a b.csv", "data\\a.csv", "..a/b..c", "Ünï/漢字.csv"])
def test_paths_beside_the_project(path: str) -> None:
    assert not leads_away(path)


def test_every_path_of_every_data_source_is_looked_at() -> None:
    records = [
        (cls, name) for cls in registry.entries("dataset") for name, field in fields_of(cls).items() if isinstance(field, Path)
    ]
    assert records
    for cls, name in records:
        node = e.AddNode(cls(**{name: "/etc/passwd"}))
        (found,) = foreign_paths(node.apply(Project()))
        assert (found.node, found.field) == (node.id, name)
        assert "Choose the file" in found.text
        assert not list(foreign_paths(e.SetField(node.id, name, "a.csv").apply(node.apply(Project()))))
