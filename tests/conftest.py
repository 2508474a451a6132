"""What every test stands on: no display needed, no settings of the user touched."""

from __future__ import annotations

import os

# Before anything imports Qt: windows appear only where a test run asks for a real platform.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Before NumPy loads its own threads: two cores are shared by the engine and the oracles.
os.environ.setdefault("OMP_NUM_THREADS", "2")

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples every time, however slow the machine; new ones are tried by hand with `--hypothesis-profile=searching`.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("searching", deadline=None)
settings.load_profile("steady")


#: Folders of tests in which windows and worker processes of the product run and wait for one another.
LIVING = ("ui", "training")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where processes wait for one another a failure is tried once more.

    A machine that is lent to several may stop a process for seconds in the middle of a conversation. What fails twice fails, and what
    passed at the second time only is listed at the end with the reason of the first failure, because it is still a find.
    """
    root = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(root).parts[0] if item.path.is_relative_to(root) else ""
        if place in LIVING and config.pluginmanager.hasplugin("rerunfailures"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why a test was tried again: the report of the second try would hide it."""
    for report in terminalreporter.stats.get("rerun", ()):
        terminalreporter.section(f"tried again: {report.nodeid}", sep="_")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings, recovery files and runs go to a temporary folder; only compiled kernels stay in the user's cache."""
    from playground import paths

    before = {name: os.environ.get(name) for name in ("PLAYGROUND_HOME", "PLAYGROUND_CACHE")}
    home = tmp_path_factory.mktemp("home")
    os.environ["PLAYGROUND_CACHE"] = str(paths.cache_dir())
    os.environ["PLAYGROUND_HOME"] = str(home)
    yield home
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
