"""What was not saved survives a crash, and nothing is deleted before a person has chosen."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import random
import shutil
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.document import edits as e
from playground.document import file, undo_steps
from playground.document.processes import alive, started
from playground.document.project import Project
from playground.document.recent import forget_recent, note_recent, recent_files
from playground.document.recovery import Autosaver, Recovery, opened_elsewhere, recoverable
from playground.document.undo_steps import MOST_STEPS, StepsWriter, read_steps
from playground.errors import BadValue, FileError
from tests.document.making import MAKERS, a_project, tried
from tests.patience import stood_in_line

ROOT = Path(__file__).resolve().parents[2]


def named(words: str) -> Project:
    return e.SetProject(about=words).apply(Project())


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def orphaned(folder: Path) -> None:
    """Make every lock one of a process that is gone."""
    for path in folder.glob("*.json"):
        lock = json.loads(path.read_text())
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        path.write_text(json.dumps({**lock, "pid": dead.pid, "started": "1"}))


def crashed(folder: Path, project: Project, path: Path | None = None) -> Recovery:
    """What a crash leaves of a document with changes."""
    autosaver = Autosaver(path, folder=folder)
    autosaver.changed(project)
    assert autosaver.write()
    orphaned(folder)
    (found,) = recoverable(folder)
    return found


class TestAutosaver:
    def test_it_is_due_half_a_second_after_the_first_change(self, tmp_path: Path) -> None:
        clock = Clock()
        autosaver = Autosaver(folder=tmp_path, clock=clock)
        assert autosaver.due_in is None
        assert not autosaver.write()
        for at in range(8):  # steady editing does not put it off
            autosaver.changed(named(str(at)))
            assert autosaver.due_in == pytest.approx(max(0.0, 0.5 - at * 0.1))
            clock.now += 0.1
        clock.now += 5.0
        assert autosaver.due_in == 0.0
        assert autosaver.write()
        assert autosaver.due_in is None
        assert file.load(autosaver.file).project == named("7")

    def test_a_change_while_writing_is_written_next(self, tmp_path: Path) -> None:
        from playground.document.disk import Disk

        autosaver: Autosaver

        class Slow(Disk):
            def sync(self, fd: int) -> None:
                super().sync(fd)
                autosaver.changed(named("second"))

        autosaver = Autosaver(folder=tmp_path, clock=Clock(), disk=Slow())
        autosaver.changed(named("first"))
        autosaver.write()
        assert autosaver.due_in == 0.5
        autosaver.write()
        assert file.load(autosaver.file).project == named("second")

    def test_a_failure_is_told_and_tried_again(self, tmp_path: Path) -> None:
        from playground.document.disk import Disk

        class Full(Disk):
            full = True

            def free(self, folder: Path) -> int:
                return 0 if self.full else super().free(folder)

        disk, clock = Full(), Clock()
        autosaver = Autosaver(folder=tmp_path, clock=clock, disk=disk)
        autosaver.changed(named("a"))
        with pytest.raises(FileError, match="disk is full"):
            autosaver.write()
        assert autosaver.due_in == 10.0
        disk.full = False
        assert autosaver.write()
        assert file.load(autosaver.file).project == named("a")

    def test_saving_and_closing_leave_nothing_to_recover(self, tmp_path: Path) -> None:
        autosaver = Autosaver(tmp_path / "p.play", folder=tmp_path / "r")
        autosaver.changed(named("a"))
        autosaver.write()
        file.save(named("a"), tmp_path / "p.play")
        autosaver.saved(tmp_path / "p.play")
        assert not autosaver.file.exists()
        assert autosaver.due_in is None
        autosaver.close()
        assert list((tmp_path / "r").iterdir()) == []

    def test_a_running_document_is_not_offered(self, tmp_path: Path) -> None:
        autosaver = Autosaver(folder=tmp_path)
        autosaver.changed(named("a"))
        autosaver.write()
        assert recoverable(tmp_path) == []

    def test_two_documents_have_two_files(self, tmp_path: Path) -> None:
        for words in ("a", "b"):
            autosaver = Autosaver(folder=tmp_path)
            autosaver.changed(named(words))
            autosaver.write()
        orphaned(tmp_path)
        assert {file.load(found.file).project.about for found in recoverable(tmp_path)} == {"a", "b"}

    def test_the_folder_is_the_users_alone(self, own_home: Path) -> None:
        autosaver = Autosaver()
        autosaver.changed(named("a"))
        autosaver.write()
        assert own_home in autosaver.folder.parents
        assert autosaver.folder.stat().st_mode & 0o077 == 0
        autosaver.close()

    def test_a_folder_that_is_gone_is_made_again(self, tmp_path: Path) -> None:
        autosaver = Autosaver(folder=tmp_path / "r")
        for words in ("a", "b"):
            autosaver.changed(named(words))
            autosaver.write()
            assert file.load(autosaver.file).project == named(words)
            shutil.rmtree(tmp_path / "r")


class TestChoices:
    def test_restore_goes_on_keeping_it(self, tmp_path: Path) -> None:
        path = tmp_path / "p.play"
        file.save(named("saved"), path, {"w": np.ones(3)}, {"run": {"a": 1}})
        found = crashed(tmp_path / "r", named("edited"), path)
        assert (found.status, found.name, found.path, found.owner) == ("changed", "p", path, "")
        assert abs(found.written - time.time()) < 60
        loaded, autosaver = found.restore()
        assert loaded.project == named("edited")
        assert loaded.path == path
        assert loaded.weights is not None
        assert loaded.runs == {"run": {"a": 1}}
        assert found.file.exists()  # a second crash now loses nothing
        assert recoverable(tmp_path / "r") == []
        orphaned(tmp_path / "r")
        assert len(recoverable(tmp_path / "r")) == 1
        file.save(loaded.project, path)
        autosaver.saved(path)
        assert recoverable(tmp_path / "r") == []

    def test_keep_saved_removes_only_the_recovery(self, tmp_path: Path) -> None:
        path = tmp_path / "p.play"
        file.save(named("saved"), path)
        found = crashed(tmp_path / "r", named("edited"), path)
        found.keep_saved()
        assert list((tmp_path / "r").iterdir()) == []
        assert file.load(path).project == named("saved")

    def test_keep_both_writes_beside(self, tmp_path: Path) -> None:
        path = tmp_path / "p.play"
        file.save(named("saved"), path)
        (tmp_path / "p (recovered).play").write_text("taken")
        both = crashed(tmp_path / "r", named("edited"), path).keep_both()
        assert both == tmp_path / "p (recovered) 2.play"
        assert file.load(both).project == named("edited")
        assert file.load(path).project == named("saved")
        assert list((tmp_path / "r").iterdir()) == []

    def test_keep_both_that_fails_keeps_the_recovery(self, tmp_path: Path) -> None:
        found = crashed(tmp_path / "r", named("edited"))
        with pytest.raises(FileError):
            found.keep_both(tmp_path / "no folder" / "p.play")
        assert file.load(found.file).project == named("edited")

    def test_of_two_windows_one_gets_it(self, tmp_path: Path) -> None:
        found = crashed(tmp_path, named("edited"))
        found.restore()
        with pytest.raises(FileError, match="another window"):
            found.restore()
        with pytest.raises(FileError, match="another window"):
            found.keep_saved()
        assert found.file.exists()

    @pytest.mark.parametrize("status", ["unsaved", "same", "damaged"])
    def test_what_is_offered_is_said(self, status: str, tmp_path: Path) -> None:
        path = tmp_path / "p.play" if status == "same" else None
        if path:
            file.save(named("edited"), path)
        found = crashed(tmp_path / "r", named("edited"), path)
        if status == "damaged":
            found.file.write_bytes(found.file.read_bytes()[:90])
            (found,) = recoverable(tmp_path / "r")
            with pytest.raises(FileError, match="cannot be opened"):
                found.restore()
        assert found.status == status
        assert found.file.exists()

    def test_a_recovery_without_a_lock_is_offered_and_a_lock_without_one_goes(self, tmp_path: Path) -> None:
        found = crashed(tmp_path, named("edited"))
        (tmp_path / "old.json").write_text("{}")
        found.file.with_suffix(".json").unlink()
        assert [again.id for again in recoverable(tmp_path)] == [found.id]
        assert not (tmp_path / "old.json").exists()

    def test_another_machines_recovery_names_it(self, tmp_path: Path) -> None:
        found = crashed(tmp_path, named("edited"))
        lock = found.file.with_suffix(".json")
        lock.write_text(json.dumps({**json.loads(lock.read_text()), "host": "attic", "pid": os.getpid()}))
        assert recoverable(tmp_path)[0].owner == "attic"

    @pytest.mark.parametrize("lock", ["", "[]", "{}", '{"pid":"x"}', '{"pid":-1,"started":"","host":"","path":""}', "\0" * 99])
    def test_a_hostile_lock_frees_the_file(self, lock: str, tmp_path: Path) -> None:
        found = crashed(tmp_path, named("edited"))
        found.file.with_suffix(".json").write_text(lock)
        (again,) = recoverable(tmp_path)
        assert again.restore()[0].project == named("edited")


def test_a_file_that_is_open_in_another_process_is_known(tmp_path: Path) -> None:
    path = tmp_path / "p.play"
    script = f"""
        import sys; sys.path.insert(0, {str(ROOT)!r})
        from pathlib import Path
        from playground.document.recovery import Autosaver
        Autosaver(Path({str(path)!r}), folder=Path({str(tmp_path)!r}))
        print("ready", flush=True)
        sys.stdin.read()
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        assert opened_elsewhere(path, tmp_path) == child.pid
        assert opened_elsewhere(tmp_path / "q.play", tmp_path) is None
    finally:
        child.kill()
        child.communicate()
    assert opened_elsewhere(path, tmp_path) is None
    Autosaver(path, folder=tmp_path)
    assert opened_elsewhere(path, tmp_path) is None  # this process is not another one


def test_a_process_is_known_by_its_start_too() -> None:
    me = os.getpid()
    assert alive(me, started(me))
    assert not alive(me, "1") or not started(me)
    assert not alive(0, "")
    assert not alive(-5, "")


EDITOR = """
import os, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from playground.document import edits as e
from playground.document.project import Project
from playground.document.recovery import Autosaver
from tests.document.making import MAKERS, a_project, tried
from tests.patience import stood_in_line
history, autosaver = e.History(Project()), Autosaver(folder=Path({folder!r}))
print("ready", flush=True)
number, nextly = 0, time.monotonic()
while True:
    if time.monotonic() >= nextly:
        number, nextly = number + 1, nextly + 0.2
        history.do(e.SetProject(about=str(number)))
        autosaver.changed(history.project)
        print(number, time.time(), stood_in_line(os.getpid()), flush=True)
    if autosaver.due_in == 0.0:
        autosaver.write()
    time.sleep(0.005)
"""


def lost_seconds(folder: Path, after: float) -> float:
    """Age of the oldest edit that was lost when an editor at five edits a second was killed; 0 where none was.

    Without the seconds in which it was ready and other programs had the processors.
    """
    code = EDITOR.format(root=str(ROOT), folder=str(folder))
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(after)
    waited = stood_in_line(child.pid)
    child.kill()
    killed = time.time()
    rows = [line.split() for line in child.communicate()[0].splitlines()]
    made = {int(row[0]): float(row[1]) - float(row[2]) for row in rows if len(row) == 3}
    found = recoverable(folder)
    kept = int(found[0].restore()[0].project.about) if found else 0
    return max([killed - waited - at for number, at in made.items() if number > kept], default=0.0)


def test_a_crash_costs_two_seconds_at_most(tmp_path: Path) -> None:
    rng = random.Random(1)
    assert max(lost_seconds(tmp_path / str(at), rng.uniform(1.5, 3.0)) for at in range(3)) <= 2.0


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_a_hundred_crashes_cost_two_seconds_at_most(tmp_path: Path) -> None:
    rng = random.Random(2)
    assert max(lost_seconds(tmp_path / str(at), rng.uniform(0.2, 5.0)) for at in range(100)) <= 2.0


class TestRecent:
    @pytest.fixture(autouse=True)
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
        return tmp_path / "home"

    def test_the_newest_is_first_and_they_are_bounded(self, tmp_path: Path) -> None:
        assert recent_files() == []
        for at in range(25):
            note_recent(tmp_path / f"{at}.play")
        note_recent(tmp_path / "20.play")
        assert [path.stem for path in recent_files()][:3] == ["20", "24", "23"]
        assert len(recent_files()) == 20
        forget_recent(tmp_path / "20.play")
        assert recent_files()[0].stem == "24"

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"files":3}', '{"files":null}', "\ufffe"])
    def test_a_bad_list_is_put_aside(self, text: str, home: Path) -> None:
        (home / "data").mkdir(parents=True)
        (home / "data" / "recent.json").write_text(text)
        assert recent_files() == []
        assert (home / "data" / "recent.bad").read_text() == text
        note_recent(home / "a.play")
        assert len(recent_files()) == 1

    def test_odd_entries_are_left_out(self, home: Path) -> None:
        (home / "data").mkdir(parents=True)
        entries: list[Any] = [3, "", "a\0b", None, "/good.play"]
        (home / "data" / "recent.json").write_text(json.dumps({"files": entries}))
        assert recent_files() == [Path("/good.play")]


def test_assets_are_found_in_a_checkout() -> None:
    from playground.paths import assets_dir

    assert assets_dir() == ROOT / "assets"


def edited(seed: int) -> e.History:
    """A history with steps of many kinds, blocks among them, some of them taken back."""
    rng = random.Random(seed)
    history = e.History(a_project(seed, 25))
    for _ in range(40):
        tried(history, rng.choice([*MAKERS]), rng)
        history.seal()
        layers = [node.id for node in history.project.network.of_kind("layer")]
        if layers and rng.random() < 0.1:
            with contextlib.suppress(e.EditError):  # a choice that cannot be a block
                history.do(e.GroupIntoBlock((rng.choice(layers),)))
    for _ in range(rng.randrange(8)):
        history.undo()
    return history


def with_steps(tmp_path: Path, history: e.History) -> Recovery:
    autosaver = Autosaver(folder=tmp_path)
    autosaver.changed(history.project, *history.steps(MOST_STEPS))
    assert autosaver.write()
    orphaned(tmp_path)
    (found,) = recoverable(tmp_path)
    return found


class TestHistory:
    @pytest.mark.parametrize("seed", range(6))
    def test_undo_and_redo_go_on_where_they_were(self, tmp_path: Path, seed: int) -> None:
        before = edited(seed)
        loaded, _ = with_steps(tmp_path, before).restore()
        assert loaded.history is not None
        after = e.History(loaded.project)
        after.adopt(*read_steps(loaded.history, loaded.project))
        for move in ("redo",) * 5 + ("undo",) * 60 + ("redo",) * 60:
            assert (after.undo_text, after.redo_text) == (before.undo_text, before.redo_text)
            now, then = getattr(after, move)(), getattr(before, move)()
            # unknown keys of nodes go with the nodes
            assert dataclasses.replace(now, unknown=()) == dataclasses.replace(then, unknown=())

    def test_a_project_kept_beside_holds_no_history(self, tmp_path: Path) -> None:
        both = with_steps(tmp_path, edited(1)).keep_both(tmp_path / "both.play")
        assert file.load(both).history is None

    def test_only_the_last_steps_are_kept_and_no_more_than_fit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        history = e.History(Project())
        for at in range(MOST_STEPS + 20):
            history.do(e.SetProject(about=f"{at} " + "x" * 90))
            history.seal()
        writer = StepsWriter()
        written = writer.write(history.project, *history.steps(1_000))
        assert len(read_steps(written, history.project)[0]) == MOST_STEPS
        monkeypatch.setattr(undo_steps, "MOST_BYTES", 1_000)
        written = writer.write(history.project, *history.steps(1_000))
        assert 3 < len(read_steps(written, history.project)[0]) < 12

    def test_a_step_that_was_written_is_not_worked_out_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        history, writer = edited(1), StepsWriter()
        first = writer.write(history.project, *history.steps(MOST_STEPS))
        monkeypatch.delattr(undo_steps, "_encoded")
        assert writer.write(history.project, *history.steps(MOST_STEPS)) == first

    def test_a_damaged_history_is_left_out_and_costs_nothing_else(self) -> None:
        history = edited(1)
        written = StepsWriter().write(history.project, *history.steps(MOST_STEPS))
        whole = file.to_bytes(history.project, history=written)
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            (at,) = (one.header_offset for one in archive.infolist() if "history" in one.filename)
            end = archive.start_dir
        sound = file.from_bytes(whole)
        assert sound.history == written
        rng, told = random.Random(3), 0
        for _ in range(40):
            spoilt = spoil(json.loads(written), rng)
            try:
                done, undone = read_steps(json.dumps(spoilt).encode(), history.project)
            except BadValue as error:
                assert len(str(error)) > 10
                told += 1
                continue
            for step in (*done[-1:], *undone[-1:]):  # still projects, which can be saved
                file.to_bytes(step.before)
                file.to_bytes(step.after)
        assert told > 10
        for _ in range(20):
            place = rng.randrange(at, end)
            torn = whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)]) + whole[place + 1 :]
            try:
                loaded = file.from_bytes(torn)
            except FileError:
                continue
            assert loaded.project == sound.project
            assert loaded.history in (written, None)
            assert loaded.history == written or loaded.problems

    def test_steps_of_another_project_are_refused(self) -> None:
        history = edited(1)
        written = StepsWriter().write(history.project, *history.steps(MOST_STEPS))
        with pytest.raises(BadValue):
            read_steps(written, Project())


def spoil(value: Any, rng: random.Random) -> Any:
    """The same with something else at one random place."""
    places: list[tuple[Any, Any]] = []

    def walk(one: Any) -> None:
        for key, inner in one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ():
            places.append((one, key))
            walk(inner)

    walk(value)
    owner, key = rng.choice(places)
    owner[key] = rng.choice([None, -1, 10**9, 0.5, "x", "\x07", [], {}, [{}], {"key": "a", "values": {}, "shown": 3}, True])
    return value
