"""The README does not lie: its commands exist, its Python runs, its layer is a layer, its pictures are there."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from playground import cli
from playground.core import registry

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_two_commands_set_everything_up() -> None:
    commands = [line for block in blocks("bash") for line in block.splitlines() if line]
    assert commands == [
        "bash .ci/setup && .venv/bin/playground demo",
        "bash .ci/setup test && .venv/bin/python -m pytest -n 2 --dist worksteal",
    ]
    assert os.access(ROOT / ".ci" / "setup", os.X_OK)


def test_every_command_is_told() -> None:
    assert set(cli.COMMANDS) <= set(re.findall(r"`playground ([a-z-]+)", TEXT))


@pytest.mark.parametrize("line", re.findall(r"^\| `playground ([a-z-]+ [^`]+)`", TEXT, re.MULTILINE))
def test_the_options_in_the_table_exist(line: str) -> None:
    name, *_ = line.split()
    known = cli.parser(name).format_help()
    assert all(option in known for option in re.findall(r"--[a-z-]+", line))


def test_the_python_example_runs(tmp_path: Path) -> None:
    example = next(block for block in blocks("python") if "import playground as pg" in block)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "onnx.reference ran the file" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits.onnx", "digits.play"]


def test_the_layer_example_is_a_whole_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.every.evaluate import evaluated, layer_graph

    monkeypatch.setattr(registry, "_BY_KIND", {kind: dict(known) for kind, known in registry._BY_KIND.items()})
    (file,) = [block for block in blocks("python") if "@register" in block]
    path = tmp_path / "residual_dense.py"
    path.write_text(file, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("residual_dense", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "residual_dense", module)
    spec.loader.exec_module(module)
    made = registry.find("layer", "residual_dense")
    assert registry.problems(made()) == []
    assert registry.load(registry.dump(made())) == made()
    graph = layer_graph(made(), ((4,),))
    rng = np.random.default_rng(0)
    tensors = {p.name: rng.normal(size=graph.values[p.value].type.shape) for p in graph.parameters}
    x = rng.normal(size=(3, 5))
    y = evaluated(graph, x, np.zeros((3, 4)), tensors, training=False)[graph.output]
    inside = x @ tensors["spread0.weight"]
    np.testing.assert_allclose(y, inside + np.maximum(inside @ tensors["node.weight"], 0.0))


def test_every_picture_is_there() -> None:
    assert not [name for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", TEXT) if not (ROOT / name).is_file()]
