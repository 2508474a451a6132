"""The wheel holds the package and its assets, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build as b; print(b.build_wheel({str(out)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_the_wheel_holds_the_package_and_its_assets(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert "playground/__main__.py" in names
    here = {f"playground/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "assets").rglob("*") if path.is_file()}
    assert here <= names, sorted(here - names)[:10]
    assert not [name for name in names if name.startswith(("tests/", "playground/tests"))]


def test_every_dependency_is_pinned_at_both_ends() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    loose = [need for need in project["dependencies"] if not ("==" in need or (">=" in need and "<" in need))]
    assert not loose


def test_the_top_level_stays_small() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout")
    allowed = {"pyproject.toml", "playground", "assets", "tests", "README.md", ".ci", ".gitignore", "LICENSE", "CHANGELOG.md"}
    assert {name.split("/")[0] for name in listed.stdout.splitlines()} <= allowed
