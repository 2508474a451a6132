"""Saving: whatever fails, and whenever the process dies, the old file or the new one is there, whole."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.document import edits as e
from playground.document import file
from playground.document.backup_files import backups_folder, backups_of
from playground.document.disk import Disk
from playground.document.project import Project
from playground.document.saver import Saved, remove_leftovers, save_atomically
from playground.errors import FileError

ROOT = Path(__file__).resolve().parents[2]
ORDINARY = os.geteuid() != 0 if hasattr(os, "geteuid") else True


def generation(number: int) -> Project:
    return e.SetProject(about=f"generation {number}").apply(Project())


def weights(number: int, count: int = 60_000) -> dict[str, np.ndarray]:
    return {"w": np.full(count, number, np.float32)}


class Failing(Disk):
    """The real disk, whose n-th operation fails, or after which everything does."""

    def __init__(self, when: int, code: int, kinds: tuple[str, ...] = (), lasting: bool = False, short: bool = False) -> None:
        self.when, self.code, self.kinds, self.lasting, self.short = when, code, kinds, lasting, short
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name in ("when", "code", "kinds", "lasting", "short", "calls", "fail"):
            return found

        def called(*arguments: Any) -> Any:
            if not self.kinds or name in self.kinds:
                self.calls.append(name)
                at = len(self.calls) - 1
                if at == self.when or (self.lasting and at > self.when):
                    self.fail(name, found, arguments)
            if name == "write" and self.short:
                return found(arguments[0], arguments[1][: max(1, len(arguments[1]) // 3)])
            return found(*arguments)

        return called

    def fail(self, name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        if name == "close":
            real(*arguments)  # the system has freed the descriptor even when close reports an error
        raise OSError(self.code, os.strerror(self.code))


class Dying(Failing):
    def fail(self, name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def operations(path: Path) -> list[str]:
    """Every operation of a save that goes well."""
    disk = Failing(-1, 0)
    file.save(generation(1), path, weights(1), disk=disk)
    return disk.calls


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT, errno.EROFS])
def test_any_failure_leaves_the_old_file_and_is_told(code: int, lasting: bool, tmp_path: Path) -> None:
    path = tmp_path / "p.play"
    file.save(generation(0), path, weights(0))
    old = path.read_bytes()
    count = len(operations(path))
    assert count > 12
    for when in range(count):
        path.write_bytes(old)
        try:
            saved = file.save(generation(1), path, weights(1), disk=Failing(when, code, lasting=lasting))
        except FileError as error:
            assert str(path) in str(error)
            assert len(str(error)) < 300 + len(str(path))
            written = path.read_bytes() != old
            assert written == ("was written, but" in str(error))
            if not written:
                assert any(word in str(error) for word in ("unchanged", "cannot be written"))
            if code == errno.ENOSPC and "disk is full" in str(error):
                assert " are free" in str(error) or "no more is free" in str(error).lower()
        else:
            assert file.load(path).project == generation(1)
            assert saved.notes or when >= count or not lasting
        loaded = file.load(path)
        assert loaded.project in (generation(0), generation(1))
        assert loaded.problems == ()
    remove_leftovers(tmp_path)
    file.save(generation(2), path, weights(2))
    assert file.load(path).project == generation(2)


def test_a_full_disk_says_how_much_is_needed_and_free(tmp_path: Path) -> None:
    path = tmp_path / "p.play"
    file.save(generation(0), path)

    class Full(Disk):
        def free(self, folder: Path) -> int:
            return 1_000

    with pytest.raises(FileError) as caught:
        file.save(generation(1), path, weights(1), disk=Full())
    size = len(file.to_bytes(generation(1), weights(1)))
    assert str(caught.value) == (
        f"{path} was not saved: the disk is full. It needs {size / 1e6:.1f} MB and 1.0 kB are free. "
        "The file there is unchanged. Free some space or save elsewhere."
    )
    assert [found.name for found in tmp_path.iterdir()] == ["p.play"]


def test_short_writes_are_finished(tmp_path: Path) -> None:
    path = tmp_path / "p.play"
    file.save(generation(1), path, weights(1), disk=Failing(-1, 0, short=True))
    assert file.load(path).project == generation(1)


def test_a_disk_that_lies_is_caught(tmp_path: Path) -> None:
    path = tmp_path / "p.play"
    file.save(generation(0), path)

    class Lying(Disk):
        def write(self, fd: int, data: memoryview) -> int:
            return super().write(fd, memoryview(bytes(len(data))))

    with pytest.raises(FileError, match="read again differs"):
        file.save(generation(1), path, disk=Lying())
    assert file.load(path).project == generation(0)


def test_an_error_of_the_writer_passes_through(tmp_path: Path) -> None:
    path = tmp_path / "p.bin"
    path.write_bytes(b"old")

    def write(stream: Any) -> None:
        stream.write(b"half")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        save_atomically(path, write)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_may_be_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    saved = save_atomically(path, lambda stream: np.savez(stream, a=np.arange(5)))
    with np.load(path, allow_pickle=False) as loaded:
        assert loaded["a"].tolist() == [0, 1, 2, 3, 4]
    assert saved.size == path.stat().st_size


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_every_operation_breaks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.play"
    file.save(generation(0), path, weights(0))
    count = len(operations(path))
    file.save(generation(0), path, weights(0))
    kept, replaced = 0, 0
    script = f"""
        import os, sys
        sys.path.insert(0, {str(ROOT)!r})
        from pathlib import Path
        from playground.document import file
        from tests.document.test_saver import Dying, generation, weights
        path = Path({str(path)!r})
        for when in range({count + 2}):  # what the one before left behind is removed first
            pid = os.fork()
            if pid == 0:
                file.save(generation(when + 1), path, weights(when + 1), disk=Dying(when, 0))
                os._exit(0)
            os.waitpid(pid, 0)
            loaded = file.load(path)
            number = int(loaded.project.about.split()[1])
            whole = not loaded.problems and float(loaded.weights["w"].min()) == float(loaded.weights["w"].max()) == number
            print(when, number, int(whole), flush=True)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120, check=True
    )
    before = 0
    for line in done.stdout.splitlines():
        when, number, whole = map(int, line.split())
        assert whole
        assert number in (before, when + 1)
        kept, replaced = kept + (number == before), replaced + (number == when + 1)
        before = number
    assert kept > 5
    assert replaced >= 2  # killed at the flush of the folder, or not at all
    remove_leftovers(tmp_path)
    assert [found.name for found in tmp_path.iterdir()] == ["p.play"]


KILLER = """
import os, random, signal, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from playground.document import file
from tests.document.test_saver import generation, weights
path, rng, size = Path({path!r}), random.Random({seed}), {size}
file.save(generation(0), path, weights(0, size))
start = time.perf_counter()
file.save(generation(0), path, weights(0, size))
took = time.perf_counter() - start
before, broken, old, new = 0, 0, 0, 0
for number in range(1, {count} + 1):
    pid = os.fork()
    if pid == 0:
        file.save(generation(number), path, weights(number, size))
        os._exit(0)
    time.sleep(rng.uniform(0, 1.3 * took))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    loaded = file.load(path)
    found = int(loaded.project.about.split()[1])
    good = not loaded.problems and set(map(float, set(loaded.weights["w"].tolist()))) == {{float(found)}}
    broken += not (good and found in (before, number))
    old, new, before = old + (found == before), new + (found == number), found
print(broken, old, new)
"""


def killed(count: int, seed: int, size: int, path: Path) -> tuple[int, int, int]:
    """(broken, old, new) files after kills at random moments of saves."""
    code = KILLER.format(root=str(ROOT), path=str(path), seed=seed, count=count, size=size)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=1100, check=True)
    broken, old, new = map(int, done.stdout.split())
    return broken, old, new


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_twenty_kills_at_random_moments_break_nothing(tmp_path: Path) -> None:
    broken, old, new = killed(20, 1, 250_000, tmp_path / "p.play")
    assert broken == 0
    assert old + new == 20
    assert old > 0


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_two_hundred_kills_of_a_large_save_break_nothing(tmp_path: Path) -> None:
    broken, old, new = killed(200, 2, 4_000_000, tmp_path / "p.play")
    assert broken == 0
    assert old > 20
    assert new > 5


@pytest.mark.campaign
@pytest.mark.timeout(1200)
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("fault", ["error=ENOSPC", "error=EIO", "signal=SIGKILL"])
def test_the_same_from_the_kernels_side(fault: str, tmp_path: Path) -> None:
    """Faults at every system call of a save, which no seam of ours can hide."""
    path = tmp_path / "p.play"
    script = tmp_path / "save.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\nfrom playground.document import file\nfrom playground.errors import FileError\n"
        "from tests.document.test_saver import generation, weights\n"
        f"data = file.to_bytes(generation(1), weights(1))\nPath({str(tmp_path / 'go')!r}).exists()\n"
        f"try:\n    saved = file.save(generation(1), {str(path)!r}, weights(1))\n"
        "except FileError as error:\n    print('refused', error)\nelse:\n    print('saved', saved.notes)\n",
    )
    environment = {**os.environ, "PLAYGROUND_HOME": str(tmp_path / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
    checked = 0
    for call, most in (("fsync", 4), ("rename", 3), ("link", 2), ("write", 6), ("chmod", 1)):
        for when in range(1, most + 1):
            file.save(generation(0), path, weights(0))
            command = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", str(tmp_path), "-e", f"inject={call}:{fault}:when={when}"]
            command = [part for part in command if part not in ("-P", str(tmp_path))]
            done = subprocess.run(
                [*command, sys.executable, str(script)], capture_output=True, text=True, timeout=120, env=environment, check=False
            )
            loaded = file.load(path)
            assert loaded.project in (generation(0), generation(1))
            assert loaded.problems == ()
            if done.stdout.startswith("saved ()"):
                assert loaded.project == generation(1)
            if done.stdout.startswith("refused") and "was written, but" not in done.stdout:
                assert loaded.project == generation(0)
            checked += 1
    assert checked == 16


class TestPlaces:
    def test_the_mode_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "p.play"
        file.save(generation(0), path)
        plain = path.stat().st_mode & 0o777
        umask = os.umask(0)
        os.umask(umask)
        assert plain == 0o666 & ~umask
        for mode in (0o600, 0o640, 0o644, 0o664):
            path.chmod(mode)
            file.save(generation(1), path)
            assert path.stat().st_mode & 0o777 == mode

    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        path, link = tmp_path / "real" / "p.play", tmp_path / "link.play"
        file.save(generation(0), path)
        link.symlink_to(path)
        file.save(generation(1), link)
        assert link.is_symlink()
        assert file.load(path).project == generation(1)
        dangling = tmp_path / "dangling.play"
        dangling.symlink_to(tmp_path / "real" / "new.play")
        file.save(generation(2), dangling)
        assert file.load(tmp_path / "real" / "new.play").project == generation(2)

    @pytest.mark.parametrize(
        "name", ['quote\'s "name".play', "new\nline.play", "🙂 漢字.play", "\u202ertl.play", "x" * 250 + ".play", " .play", "-rf"]
    )
    def test_odd_names_work(self, name: str, tmp_path: Path) -> None:
        file.save(generation(0), tmp_path / name)
        file.save(generation(1), tmp_path / name)
        assert file.load(tmp_path / name).project == generation(1)
        assert [found.name for found in tmp_path.iterdir()] == [name]

    def test_where_nothing_can_be_written_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "folder.play").mkdir()
        for path, words in (
            (tmp_path / "gone" / "p.play", "its folder is not there"),
            (tmp_path / "folder.play", "it is not a file"),
            (tmp_path / ("x" * 300), "cannot be written|was not saved"),
            (tmp_path / "a\0b", "cannot be written|null"),
        ):
            with pytest.raises(FileError, match=words):
                file.save(generation(0), path)
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        with pytest.raises(FileError, match="cannot be written"):
            file.save(generation(0), tmp_path / "loop")

    @pytest.mark.skipif(not ORDINARY, reason="root may write everywhere")
    def test_read_only_files_and_folders_are_said(self, tmp_path: Path) -> None:
        path = tmp_path / "p.play"
        file.save(generation(0), path)
        path.chmod(0o444)
        with pytest.raises(FileError, match="is read-only"):
            file.save(generation(1), path)
        path.chmod(0o644)
        tmp_path.chmod(0o555)
        with pytest.raises(FileError, match="may not be written to"):
            file.save(generation(1), path)
        tmp_path.chmod(0o755)
        assert file.load(path).project == generation(0)

    def test_a_change_by_another_program_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "p.play"
        first = file.save(generation(0), path)
        assert first.sha256 == file.load(path).sha256
        file.save(generation(1), path, expect_sha256=first.sha256)
        with pytest.raises(FileError, match="changed by another program"):
            file.save(generation(2), path, expect_sha256=first.sha256)
        assert file.load(path).project == generation(1)


class TestBackups:
    def test_earlier_saves_can_be_opened(self, tmp_path: Path) -> None:
        path = tmp_path / "p.play"
        for number in range(4):
            file.save(generation(number), path)
        kept = backups_of(path)
        assert [file.load(backup.path).project for backup in kept] == [generation(2), generation(1), generation(0)]
        assert list(tmp_path.iterdir()) == [path]

    def test_a_damaged_file_points_to_the_save_before(self, tmp_path: Path) -> None:
        path = tmp_path / "p.play"
        file.save(generation(0), path)
        file.save(generation(1), path)
        path.write_bytes(path.read_bytes()[:100])
        with pytest.raises(FileError, match="The save before it, replaced on") as caught:
            file.load(path)
        kept = Path(str(caught.value).partition(" is in ")[2].rstrip("."))
        assert file.load(kept).project == generation(0)

    def test_they_are_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from playground.document import backup_files

        path = tmp_path / "p.play"
        clock = {"now": 1_700_000_000.0}
        monkeypatch.setattr(backup_files.time, "time", lambda: clock["now"])
        rng = random.Random(1)
        for number in range(90):
            clock["now"] += rng.uniform(10_000, 60_000)
            save_atomically(path, f"{number}".encode(), backups=tmp_path / "kept")
        kept = backups_of(path, tmp_path / "kept")
        assert len(kept) == backup_files.LAST + backup_files.DAYS
        assert [backup.path.read_bytes() for backup in kept[:10]] == [str(number).encode() for number in range(88, 78, -1)]
        days = [backup.path.name[:8] for backup in kept[10:]]
        assert len(set(days)) == len(days)

    def test_large_ones_go_sooner(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from playground.document import backup_files

        monkeypatch.setattr(backup_files, "MOST_BYTES", 2_500)
        for number in range(6):
            save_atomically(tmp_path / "p", bytes([number]) * 1_000, backups=tmp_path / "kept")
        assert [backup.path.read_bytes()[0] for backup in backups_of(tmp_path / "p", tmp_path / "kept")] == [4, 3]

    def test_a_backup_that_fails_is_told_and_costs_nothing_else(self, tmp_path: Path) -> None:
        path = tmp_path / "p.play"
        file.save(generation(0), path)
        saved = file.save(generation(1), path, disk=Failing(0, errno.EIO, kinds=("keep",)))
        assert saved.backup is None
        assert "could not be kept as a backup" in saved.notes[0]
        assert file.load(path).project == generation(1)

    def test_another_file_system_gets_a_copy(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "p.play"
        file.save(generation(0), path)

        def refuse(*_: object) -> None:
            raise OSError(errno.EXDEV, "another device")

        monkeypatch.setattr(os, "link", refuse)
        saved: Saved = file.save(generation(1), path)
        assert saved.backup is not None
        assert file.load(saved.backup).project == generation(0)

    def test_they_do_not_lie_beside_the_file(self, tmp_path: Path) -> None:
        assert tmp_path not in backups_folder(tmp_path / "p.play").parents


def test_leftovers_of_the_dead_go_and_others_stay(tmp_path: Path) -> None:
    from playground.document.saver import _host_mark

    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    gone = tmp_path / f".playground-{_host_mark()}-{dead.pid}-0123456789ab.tmp"
    ours = tmp_path / f".playground-{_host_mark()}-{os.getpid()}-0123456789ab.tmp"
    foreign = tmp_path / f".playground-00000000-{dead.pid}-0123456789ab.tmp"
    old = tmp_path / f".playground-00000000-{dead.pid}-0123456789ac.tmp"
    other = tmp_path / ".playground-notes.tmp"
    for path in (gone, ours, foreign, old, other):
        path.write_bytes(b"")
    os.utime(old, (1, 1))
    file.save(generation(0), tmp_path / "p.play")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([ours.name, foreign.name, other.name, "p.play"])
