"""No process of the window outlives it: the window is killed while an export, an import and the check of a formula run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
import playground as pg
from playground.ui.app import make_application
from playground.ui.dialogs.exporter import Exporter
from playground.ui.dialogs.import_weights import WeightImporter
from playground.ui.library import library
from playground.ui.session import Session

kind, folder = sys.argv[1], Path(sys.argv[2])
app = make_application()
project = pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=8), pg.layer("dense", units=3), name="iris")
session = Session()
if kind == "gate":
    library().add("Slow", "x*tanh(log(1+exp(x)))")
    process = library()._process
elif kind == "export":
    exporter = Exporter()
    exporter.export(project.record, {}, folder, folder / "net.onnx", "onnx")
    process = exporter._aside._process
else:
    importer = WeightImporter(session, None)
    (folder / "net.npz").write_bytes(b"nothing")
    importer._aside.start(project.record, {}, folder, lambda source: [str(source), str(folder / "net.npz")])
    process = importer._aside._process
process.waitForStarted()
print(process.processId(), flush=True)
app.exec()
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc which processes run")
@pytest.mark.parametrize("wait", [0.0, 0.3])
@pytest.mark.parametrize("kind", ["gate", "export", "import"])
def test_nothing_runs_after_the_window_was_killed(tmp_path: Path, kind: str, wait: float) -> None:
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW, kind, str(tmp_path)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PLAYGROUND_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    try:
        assert window.stdout is not None
        child = int(window.stdout.readline())
        time.sleep(wait)
        running = alive(child)
    finally:
        window.send_signal(signal.SIGKILL)
        window.communicate(timeout=10)
    deadline = time.monotonic() + 3
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running or wait
    assert not alive(child), f"{kind} goes on without its window"
