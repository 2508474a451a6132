"""What is attacked: good files of every kind that the program opens, how they are damaged, and how they are opened."""

from __future__ import annotations

import dataclasses
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

from tests.data_readers.mutants import damage
from tests.mutants import mutations as m


@dataclasses.dataclass
class Target:
    """never: opening must not even refuse, since the program falls back to what is usual."""

    path: Path
    good: list[bytes]
    mutations: list[m.Mutation]
    load: Callable[[Path], object]
    never: bool = False
    close: Callable[[], object] = lambda: None

    def mutant(self, rng: random.Random) -> bytes:
        return rng.choice(self.mutations)(rng.choice(self.good), rng)


def _iris() -> tuple[object, object]:
    import playground as pg

    parts = (pg.dataset("iris"), pg.layer("dense", units=5), pg.layer("batch_norm"), pg.layer("tanh"), pg.layer("dense", units=3))
    made = pg.Project.chain(*parts, pg.loss("cross_entropy"), name="iris")
    return made, made.samples()


def weights(suffix: str) -> Callable[[Path], Target]:
    """The way of an import: read, put into the network, compared with what the file answers."""

    def make(folder: Path) -> Target:
        from playground.api.judging import Judged, put_weights, weights_of
        from playground.formats.export import take
        from playground.formats.taken import agree

        project, samples = _iris()
        good = []
        project.train(epochs=1)  # type: ignore[attr-defined]
        for name in ("plain", "state"):
            kept = suffix != ".onnx" and name == "state"
            project.export(folder / f"{name}{suffix}", optimizer=kept)  # type: ignore[attr-defined]
            good.append((folder / f"{name}{suffix}").read_bytes())
        judged = Judged(project.record, samples, None)  # type: ignore[attr-defined,arg-type]
        first = dict(weights_of(judged.machine))

        def load(path: Path) -> None:
            taken = take(path, judged.made.lowered.graph, first)
            put_weights(judged.machine, taken.tensors)
            agree(judged.model("iris"), taken)
            if suffix == ".safetensors":
                from playground.formats.safetensors_file import read

                read(path).optimizer()
            elif suffix == ".npz":
                from playground.formats.npz_file import read as read_npz

                read_npz(path).optimizer()

        knowing = {".safetensors": m.safetensors_file, ".npz": m.zip_file, ".onnx": m.onnx_file}[suffix]
        return Target(folder / f"mutant{suffix}", good, [damage, knowing, knowing], load)

    return make


def checkpoint(folder: Path) -> Target:
    """A run goes on from it, for an epoch."""
    from playground.training import checkpoints
    from playground.training.replay import take_checkpoint
    from tests.training.networks import NETWORKS, trainer

    runner = trainer(NETWORKS["plain"]())
    for _ in range(40):
        runner.advance(1)
    layout = runner.machine.layout
    memory = dataclasses.asdict(runner.memory) | {"best_place": None}
    knobs = {name: float(runner.machine.knobs[index]) for name, index in layout.knob_index.items()}
    checkpoints.write(
        folder / "good.safetensors", checkpoints.Checkpoint(runner.machine.snapshot(), memory, knobs, {"seed": 0}), layout
    )

    def load(path: Path) -> None:
        checkpoints.memory_of(path)
        take_checkpoint(runner, path)
        runner.reopen()
        for _ in range(3):
            runner.advance(1)

    return Target(
        folder / "mutant.safetensors",
        [(folder / "good.safetensors").read_bytes()],
        [damage, m.safetensors_file, m.safetensors_file],
        load,
    )


def project(folder: Path) -> Target:
    """Opened, inspected, saved again; with frames, blocks, weights, runs and what no version knows."""
    import json as plain

    from playground.document import file
    from playground.document.problems import structural_problems
    from playground.document.project_json import to_json
    from playground.lowering.inspection import inspect
    from tests.document.making import a_project
    from tests.document.test_file import RUNS, some_weights, with_json

    bodies = [to_json(a_project(seed, steps=15)) for seed in range(6)]
    good = [file.to_bytes(a_project(2), some_weights(), RUNS), *(with_json(body) for body in bodies)]

    def knowing(data: bytes, rng: random.Random) -> bytes:
        return with_json(plain.loads(plain.dumps(m.changed(rng.choice(bodies), rng))))

    def load(path: Path) -> None:
        loaded = file.load(path)
        structural_problems(loaded.project)
        inspect(loaded.project, None)
        file.to_bytes(loaded.project, loaded.weights, loaded.runs)

    return Target(folder / "mutant.play", good, [damage, knowing, knowing, m.zip_file], load)


def painted(folder: Path) -> Target:
    """A project of painted points: opened, its samples made and prepared for training."""
    from playground.core import registry
    from playground.document.file import load as open_project
    from playground.document.project_json import to_json
    from playground.lowering.inspection import inspect
    from playground.lowering.preparing import prepared
    from tests.document.test_file import with_json
    from tests.ui.networks import chain

    points = tuple((round(0.01 * k - 0.5, 4), round(0.3 - 0.007 * k, 4), k % 3) for k in range(60))
    body = to_json(
        chain(("dataset", "painted", {"points": points}), ("layer", "dense", {"units": 3}), ("loss", "cross_entropy", {}))
    )

    def knowing(data: bytes, rng: random.Random) -> bytes:
        made = json.loads(json.dumps(body))
        fields = made["network"]["nodes"][0]["fields"] if "fields" in made["network"]["nodes"][0] else made["network"]["nodes"][0]
        if rng.random() < 0.5:
            return with_json(m.changed(made, rng))
        fields["spec" if "spec" in fields else next(iter(fields))] = m.changed(
            fields["spec" if "spec" in fields else next(iter(fields))], rng
        )
        return with_json(made)

    def load(path: Path) -> None:
        found = open_project(path).project
        sources = [node.spec for node in found.network.of_kind("dataset")]
        samples = sources[0].load(folder) if sources and isinstance(sources[0], registry.find("dataset", "painted")) else None
        inspect(found, samples)
        if samples is not None:
            prepared(found.data, samples)

    return Target(folder / "mutant.play", [with_json(body)], [knowing], load)


def run(folder: Path) -> Target:
    """A run's record: in the table of runs, compared with another, and as the journal of a replay."""
    from playground.errors import PlaygroundError
    from playground.training import run_record, runs
    from playground.ui.compare.columns import columns_for, order_of
    from playground.ui.compare.filtering import fits
    from playground.ui.compare.lines import alone, grouped
    from playground.ui.compare.naming import setting_text, value_text
    from tests.mutants.records import a_record

    shelf = folder / "shelf"
    for name in ("0001", "0002"):
        (shelf / name).mkdir(parents=True)
        (shelf / name / run_record.NAME).write_bytes(a_record())
    path = shelf / "0002" / run_record.NAME

    def load(path: Path) -> None:
        runs._cache.clear()
        found = runs.kept(shelf)
        columns = columns_for(found)
        for column in columns:
            sorted(found, key=lambda one, column=column: order_of(column.value(one)))  # type: ignore[misc]
            assert all(isinstance(column.shown(one), str) for one in found)
        lines = [*map(alone, found), *grouped(found)]
        assert all(isinstance(fits(line, columns, "loss < 3, epochs >= 1, done"), bool) for line in lines)
        assert all(isinstance(column.words(line), str) for column in columns for line in lines)
        projects = [one.project for one in found]
        for name, values in runs.what_differs(projects):
            setting_text(name, projects)
            [value_text(value) for value in values]
        try:
            run_record.read(path)
        except PlaygroundError:
            assert len(found) == 1
            raise

    return Target(path, [a_record()], [damage, m.json_file, m.json_file], load)


def said(folder: Path) -> Target:
    """What a person says of a run."""
    from playground.training import run_record, runs
    from tests.mutants.records import a_record

    one = folder / "shelf" / "0001"
    one.mkdir(parents=True)
    (one / run_record.NAME).write_bytes(a_record())

    def load(path: Path) -> None:
        runs._cache.clear()
        (found,) = runs.kept(folder / "shelf")
        assert len(found.note) <= runs.MOST_NOTE

    good = b'{"star":true,"note":"a good one"}'
    return Target(one / runs.SAID, [good], [damage, m.json_file], load, never=True)


def points(folder: Path) -> Target:
    """The points of a run's steps, as the curve of a restored run."""
    import numpy as np

    from playground.training import kept_points
    from playground.training.areas.steps import STEP_ROW
    from playground.training.history import Growing, history_of

    rng, good = np.random.default_rng(1), []
    for count in (0, 1, 100, 20_000):
        rows = np.zeros(count, STEP_ROW)
        rows["step"], rows["loss"] = np.arange(1, count + 1), rng.exponential(size=count)
        held = kept_points.KeptPoints()
        held.add(rows)
        good.append(held.encoded())

    def load(path: Path) -> None:
        found = Growing(np.empty(0, STEP_ROW), "step")
        found.add(kept_points.read(path))
        assert len(history_of(found).steps) <= kept_points.MOST_ROWS

    return Target(folder / kept_points.NAME, good, [damage], load)


def layers(folder: Path) -> Target:
    """What was seen of a run's layers, as its plots once it is restored."""
    import zlib

    import numpy as np

    from playground.training import kept_layers, sealed
    from playground.training.layer_history import KINDS
    from playground.ui.panels.health import health_of
    from playground.ui.plots.axis import Axis
    from playground.ui.plots.shades import Scale, shades
    from tests.training.test_kept_layers import plan_of, rows_of

    plan = plan_of(2, 3)
    good = [kept_layers.encoded(plan, rows_of(plan, 3 * np.arange(count))) for count in (0, 1, 40)]

    def knowing(data: bytes, rng: random.Random) -> bytes:
        """Damaged before it was sealed."""
        line, _, rows = zlib.decompress(data[len(kept_layers.MARK) + 32 :]).partition(b"\n")
        if not rows or rng.random() < 0.5:
            line = json.dumps(m.changed(json.loads(line), rng)).encode()
        else:
            rows = damage(rows, rng)
        return sealed.sealed(kept_layers.MARK, zlib.compress(line + b"\n" + rows, 1))

    def load(path: Path) -> None:
        looks = kept_layers.Looks(kept_layers.read(path))
        health_of(looks.layer_norms())
        activations = looks.activations()
        assert activations.mean.shape == (len(activations.steps), len(activations.nodes))
        for kind in KINDS:
            for name in looks.layer_names()[kind == "activations"]:
                found = looks.histograms(kind, name)
                for signed in (False, True) if found is not None else ():
                    shades(found, Scale.of(found, signed=signed), Axis(0.0, 120.0), Axis(0.0, 1.0), 40, 20)

    return Target(folder / kept_layers.NAME, good, [damage, knowing, knowing], load)


def block(folder: Path) -> Target:
    """A file of the personal library of blocks."""
    from playground.document.block_files import library_folder, personal, read_block, shipped
    from playground.document.problems import structural_problems
    from playground.document.project import Project
    from playground.ui.block_library import damaged, offers

    library_folder().mkdir(parents=True)
    good = [entry.path.read_bytes() for entry in shipped()][:8]

    def load(path: Path) -> None:
        personal()
        damaged()
        offers(Project())
        structural_problems(Project(blocks=read_block(path)))

    return Target(library_folder() / "mutant.json", good, [damage, m.json_file, m.json_file], load)


def own_layers(folder: Path) -> Target:
    """The file of the user's own formulas."""
    from playground.document import own_layers as module

    body = {"layers": [{"name": "Swishy", "formula": "x*sigmoid(2*x)"}, {"name": "Bump", "formula": "exp(-x**2)"}]}

    def formulas(data: bytes, rng: random.Random) -> bytes:
        texts = ("x" + "*x" * 400, "(" * 500 + "x", "9**9**9", "__import__('os')", "x if x else x", "lambda: x", "x.real", "[x]", "exp" * 200, "x" * 9999,
                 "1e999*x", "x**-1e308", "é", "", "max(x", "-" * 3000 + "x", "0x10", "x;x", "x\n+1", "1/0", "log(-1)*x", "where(x,1,2)")  # fmt: skip
        return json.dumps({"layers": [{"name": "n", "formula": rng.choice(texts)}, m.changed(body["layers"][0], rng)]}).encode()

    def load(path: Path) -> None:
        for layer in module.own_layers():
            assert layer.name.isprintable()

    module._store().parent.mkdir(parents=True)
    return Target(module._store(), [json.dumps(body).encode()], [damage, m.json_file, formulas], load, never=True)


def lists(folder: Path) -> Target:
    """Recent files, chosen files, locks of recovery files: one file stands for all three."""
    from playground.document import picks, recent
    from playground.document.recovery import Autosaver, recoverable, recovery_folder
    from tests.document.test_recovery import named

    store = recent._store()
    store.parent.mkdir(parents=True, exist_ok=True)
    saver = Autosaver()
    saver.changed(named("a"))
    saver.write()
    lock = next(recovery_folder().glob("*.json"))
    recent_good = json.dumps({"files": ["/a/b.play", str(folder / "c.play")]}).encode()
    good = [recent_good, json.dumps({"picked": ["/a/b.csv"]}).encode(), lock.read_bytes()]

    def load(path: Path) -> None:
        data = path.read_bytes()
        for place in (store, picks._store(), lock):
            place.write_bytes(data)
        assert all(isinstance(recent.written_at(found), float | None) for found in recent.recent_files())
        picks.recall()
        recoverable()

    return Target(folder / "mutant.json", good, [damage, m.json_file, m.json_file], load, never=True)


def settings(folder: Path) -> Target:
    """What the window remembers, read by everything that reads it but Qt's own docks."""
    from playground.paths import user_data_dir
    from playground.ui import keymap, theme
    from playground.ui import settings as kept
    from playground.ui.actions import ACTIONS
    from playground.ui.commands import recent_ids
    from playground.ui.hidden import hidden
    from playground.ui.layout_table import LAYOUT_TABLE
    from playground.ui.lessons.progress import lessons, reached
    from playground.ui.named_layouts import own_layouts
    from playground.ui.run_control import checkpoints_every

    store = user_data_dir() / "window.ini"
    store.parent.mkdir(parents=True, exist_ok=True)
    words = {
        "layout": "build", "theme": "dark", "language": "zh_CN", "checkpoint_every": "10", "suggestions": "on", "layouts/own":
        json.dumps([{"name": "own1", "title": "Mine", "base": "build"}]), "class/hidden": json.dumps({"panels": ["loss"], "groups": []}),
        "class/teacher": "", "keys/train": "Ctrl+T", f"lessons/{lessons()[0].id}": "2", "commands/recent": "train,undo",
    }  # fmt: skip
    for key, value in words.items():
        kept.set_word(key, value)
    good = store.read_bytes() + b"window=@ByteArray(\\x1\\xd9\\xd0\\xcb\\0\\x3)\n"

    def load(path: Path) -> None:
        for key in words:
            assert isinstance(kept.word(key, ""), str)
            kept.block(key)
        keymap.chosen()
        [keymap.keys_of(action) for action in ACTIONS[:5]]
        for kind in ("panels", "groups"):
            hidden().now(kind)
        list(own_layouts({layout.name: layout for layout in LAYOUT_TABLE}))
        checkpoints_every()
        recent_ids()
        assert all(reached(lesson) >= 0 for lesson in lessons())
        theme.theme()

    return Target(store, [good], [damage, m.ini_file, m.ini_file], load, never=True)


def words(folder: Path) -> Target:
    """A file of translations."""
    from playground import words as module
    from playground.paths import assets_dir

    whole = json.loads((assets_dir() / "words" / "zh_CN.json").read_text())
    good = json.dumps(dict(list(whole.items())[:40])).encode()

    def load(path: Path) -> None:
        for text in module.read(path).values():
            assert module._filled(text, {"n": 1}) is not None

    return Target(folder / "mutant.json", [good], [damage, m.json_file], load, never=True)


def clipboard(folder: Path) -> Target:
    """Text from another program."""
    from playground.document import clipboard as module
    from tests.document.making import a_project

    texts = []
    for seed in range(4):
        project = a_project(seed, steps=12)
        texts.append(module.to_text(project, [node.id for node in project.network.nodes]).encode())

    def knowing(data: bytes, rng: random.Random) -> bytes:
        head, _, body = data.partition(b"\n")
        return head + b"\n" + m.json_file(body, rng)

    def load(path: Path) -> None:
        module.from_text(path.read_bytes().decode("utf-8", "replace"))

    return Target(folder / "mutant.txt", texts, [damage, knowing, knowing], load)


def window(folder: Path) -> Target:
    """The whole window made from what it remembers."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    made = QApplication.instance() or QApplication([])
    from playground.paths import user_data_dir
    from playground.ui.layouts import VERSION
    from playground.ui.main_window import MainWindow
    from playground.ui.session import Session
    from tests.ui.conftest import settle

    assert VERSION
    store = user_data_dir() / "window.ini"
    store.parent.mkdir(parents=True, exist_ok=True)

    def load(path: Path) -> None:
        session = Session()
        shown = MainWindow(session)
        shown.show()
        settle()
        for name in ("train", "build"):
            shown.show_layout(name)
            settle()
        shown.close()
        shown.autosave.close()
        session.close()
        shown.deleteLater()
        session.deleteLater()
        settle()

    load(store)
    return Target(store, [store.read_bytes()], [damage, m.ini_file], load, never=True, close=made.processEvents)


TARGETS: dict[str, Callable[[Path], Target]] = {
    "safetensors": weights(".safetensors"), "npz": weights(".npz"), "onnx": weights(".onnx"), "checkpoint": checkpoint, "project": project,
    "painted": painted, "run": run, "said": said, "points": points, "layers": layers, "block": block, "own_layers": own_layers, "lists": lists,
    "settings": settings, "words": words, "clipboard": clipboard, "window": window,
}  # fmt: skip
