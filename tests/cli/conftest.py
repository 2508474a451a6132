"""A command line run in this process, its JSON lines parsed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import playground as pg
from playground import cli

Answer = tuple[int, list[dict[str, Any]]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run `playground ... --json`: exit code and the objects that it printed; every line of stdout has to be one."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        code = cli.main([*map(str, words), "--json"])
        return code, [json.loads(line, parse_constant=pytest.fail) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    """A project that trains in a blink."""
    path = tmp_path / "iris.play"
    nodes = [pg.layer("dense", units=8), pg.layer("tanh"), pg.layer("dense", units=3)]
    pg.Project.chain(pg.dataset("iris"), *nodes, name="iris", epochs=3, batch=16).save(path)
    return path


@pytest.fixture
def trained(iris: Path) -> Path:
    """The same with weights."""
    project = pg.Project.load(iris)
    project.train()
    project.save(iris)
    return iris
