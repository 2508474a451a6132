"""The points of a run's steps in its folder: thinned as NumPy would by hand, bounded, checked, and following rewinds and other plans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from playground.errors import FileError
from playground.training import kept_points
from playground.training.areas.steps import STEP_ROW
from playground.training.client import Client
from playground.training.kept_points import MOST_ROWS, NAME, STRETCHES, KeptPoints, read, thinned
from tests.training.networks import points, project


def rows_of(count: int, seed: int = 0, odd: float = 0.0) -> npt.NDArray[np.void]:
    """Steps of a falling noisy loss, a share of it not finite."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(count, STEP_ROW)
    rows["step"] = np.arange(1, count + 1)
    rows["loss"] = np.exp(-np.arange(count) / max(count, 1)) + rng.exponential(0.1, count)
    rows["loss"][rng.random(count) < odd] = np.nan
    rows["rate"], rows["norm"], rows["rows"] = rng.random(count), rng.random(count), 16
    return rows


@pytest.mark.parametrize(
    ("count", "odd"), [(1, 0.0), (2 * STRETCHES, 0.0), (2 * STRETCHES + 1, 0.01), (50_001, 0.001), (9_000, 1.0)]
)
def test_each_stretch_keeps_its_least_and_greatest(count: int, odd: float) -> None:
    rows = rows_of(count, odd=odd)
    found = thinned(rows)
    assert len(found) <= MOST_ROWS
    assert (np.diff(found["step"]) > 0).all()
    assert found[-1].tobytes() == rows[-1].tobytes()
    if count <= 2 * STRETCHES:
        assert len(found) == count
        return
    wide = 1
    while count > wide * STRETCHES:
        wide *= 2
    wanted = {count}
    for at in range(0, count, wide):
        loss = rows["loss"][at : at + wide]
        finite = np.isfinite(loss)
        if finite.any():
            wanted |= {at + 1 + int(np.nanargmin(loss)), at + 1 + int(np.nanargmax(loss))}
        if not finite.all():
            wanted.add(at + 1 + int(np.flatnonzero(~finite)[0]))
    assert set(found["step"].tolist()) == wanted


def test_pieces_come_to_the_same_as_all_at_once(tmp_path: Path) -> None:
    rows, held = rows_of(123_457, odd=0.0005), KeptPoints()
    for piece in np.split(rows, [1, 7, 20_000, 20_003, 90_000]):
        held.add(piece)
    (tmp_path / NAME).write_bytes(held.encoded())
    assert (tmp_path / NAME).stat().st_size < 100_000
    found = read(tmp_path)
    assert found.tobytes() == thinned(rows).tobytes()


def test_going_back_forgets_what_came_after() -> None:
    held = KeptPoints()
    held.add(rows_of(500))
    held.cut(200)
    again = rows_of(300, seed=3)[199:]
    held.add(again[:50])
    held.add(again[20:])  # rows that come again replace the old ones
    found = np.frombuffer(held.encoded()[len(kept_points.MARK) + 32 :], STEP_ROW)
    assert found["step"].tolist() == list(range(1, 301))
    assert (found["loss"][199:] == again["loss"]).all()
    held.clear()
    assert len(held.encoded()) == len(kept_points.MARK) + 32


def test_damage_is_noticed_and_no_file_is_no_points(tmp_path: Path) -> None:
    assert len(read(tmp_path)) == 0
    held = KeptPoints()
    held.add(rows_of(40))
    good = held.encoded()
    path = tmp_path / NAME
    rng = np.random.default_rng(2)
    mutants = [good[:-1], good[:-24], good + bytes(24), good[:30], b"", good * 2, b"playground points 2\n" + good[20:]]
    mutants += [
        good[:at] + bytes([good[at] ^ 1 << int(rng.integers(8))]) + good[at + 1 :] for at in rng.integers(0, len(good), 200)
    ]
    for mutant in mutants:
        path.write_bytes(mutant)
        with pytest.raises(FileError, match=r"points\.bin is damaged"):
            read(path)
    path.write_bytes(good)
    assert len(read(path)) == 40


def test_a_run_leaves_its_steps_in_its_folder(tmp_path: Path) -> None:
    """The same numbers as the window drew."""
    made = project(("dense", {"units": 6}), ("tanh", {}), ("dense", {"units": 3}), batch=16, epochs=4)
    client = Client()
    try:
        client.start(made, points(120), tmp_path)
        client.wait(lambda c: c.state == "finished")
        history = client.history()
        steps, loss, rate = history.steps.copy(), history.loss.copy(), history.rate.copy()
    finally:
        client.close()
    found = read(tmp_path)
    assert found["step"].tolist() == steps.tolist() == list(range(1, len(steps) + 1))
    assert found["loss"].tobytes() == loss.tobytes()
    assert found["rate"].tobytes() == rate.tobytes()
