"""The project file: nothing is lost, the same project gives the same bytes, damage is named and the rest is given."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from playground.core import registry
from playground.document import edits as e
from playground.document import file, migrations, records, strict_json
from playground.document.plans import TrainingPlan
from playground.document.problems import structural_problems
from playground.document.project import Placeholder, Project
from playground.document.project_json import from_json, to_json
from playground.errors import BadValue, FileError
from tests.document.making import a_project

RUNS = {"first": {"loss": [1.5, 0.25], "seed": 1}, "second.v2": []}


def some_weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {
        "dense1.weight": rng.normal(size=(3, 4)).astype(np.float32),
        "dense1.transposed": rng.normal(size=(3, 4)).T,
        "every.other": np.arange(20, dtype=np.int64)[::2],
        "empty": np.zeros((0, 3), np.float32),
        "number": np.float32(2.5).reshape(()),
        "big_endian": np.arange(5, dtype=">f4"),
        "half": np.array([1.5], np.float16),
    }


def repacked(data: bytes, change: dict[str, bytes | None]) -> bytes:
    """The zip with members replaced, added or (None) left out, by the standard library."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in [*old.namelist(), *(name for name in change if name not in old.namelist())]:
            content = change.get(name, old.read(name) if name in old.namelist() else None)
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def with_json(data: dict[str, object]) -> bytes:
    """A project file around any project.json, with right checksums everywhere."""
    from hashlib import sha256

    from playground.document.archive import packed

    core = json.dumps(data).encode()
    manifest = json.dumps({"members": {"project.json": {"sha256": sha256(core).hexdigest(), "size": len(core)}}}).encode()
    return packed([("mimetype", file.MIMETYPE, False), ("project.json", core, True), ("manifest.json", manifest, True)])


@pytest.mark.parametrize("block", range(10))
def test_a_project_comes_back_as_it_was(block: int, tmp_path: Path) -> None:
    for seed in range(block * 30, block * 30 + 30):
        project = a_project(seed)
        weights, runs = (some_weights(), RUNS) if seed % 3 else (None, None)
        path = tmp_path / "p.play"
        file.save(project, path, weights, runs)
        loaded = file.load(path)
        assert loaded.project == project, seed
        assert loaded.problems == ()
        assert loaded.runs == (runs or {})
        assert file.to_bytes(loaded.project, loaded.weights, loaded.runs) == path.read_bytes(), seed


def test_the_generated_projects_hold_everything() -> None:
    projects = [a_project(seed) for seed in range(3 * len(registry.entries("layer")))]
    nodes = [node for project in projects for node in project.network.nodes]
    assert {type(node.spec) for node in nodes} >= set(registry.entries("layer"))
    assert any(isinstance(node.spec, Placeholder) for node in nodes)
    assert any(problem.field for project in projects for problem in structural_problems(project))
    assert sum(len(project.network.links) for project in projects) > 60
    assert any(project.unknown for project in projects)
    assert any(project.network.notes for project in projects)


def test_an_independent_reader_finds_every_member() -> None:
    data = file.to_bytes(a_project(1), some_weights(), RUNS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[0] == "mimetype"
        assert (
            archive.getinfo("mimetype").compress_type
            == archive.getinfo("weights.safetensors").compress_type
            == zipfile.ZIP_STORED
        )
        assert data[38 : 38 + len(file.MIMETYPE)] == file.MIMETYPE  # where `file` and desktops look
        assert json.loads(archive.read("project.json"))["format"] == "playground project"
        sums = json.loads(archive.read("manifest.json"))["members"]
        assert set(sums) == set(names) - {"mimetype", "manifest.json"}


def test_weights_come_back_bit_for_bit_whatever_their_layout() -> None:
    weights = some_weights()
    again = file.from_bytes(file.to_bytes(Project(), weights)).weights
    assert again is not None
    assert set(again) == set(weights)
    for name, array in weights.items():
        assert again[name].dtype == array.dtype.newbyteorder("=")
        assert again[name].shape == array.shape
        assert again[name].tolist() == array.tolist()
        assert again[name].flags.writeable


def test_weights_that_are_not_finite_are_told() -> None:
    weights = {"w": np.array([1.0, np.nan, np.inf], np.float32)}
    loaded = file.from_bytes(file.to_bytes(Project(), weights))
    assert [problem.text for problem in loaded.problems] == ["w holds 2 of 3 values that are not finite."]


@pytest.mark.parametrize("member", ["weights.safetensors", "runs/first.json", "manifest.json", "mimetype", "extra/thoughts.bin"])
def test_a_damaged_member_is_named_and_the_rest_is_given(member: str) -> None:
    project = dataclasses.replace(a_project(2), unknown=(("member:extra/thoughts.bin", "AAEC/w=="),))
    data = bytearray(file.to_bytes(project, some_weights(), RUNS))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo(member)
        data[info.header_offset + 30 + len(member) + info.compress_size // 2] ^= 0x10
    loaded = file.from_bytes(bytes(data))
    assert [problem.field for problem in loaded.problems] == [member]
    lost = () if member.startswith("extra") else project.unknown
    assert loaded.project == dataclasses.replace(project, unknown=lost)
    assert (loaded.weights is None) == (member == "weights.safetensors")
    assert ("first" in loaded.runs) == (member != "runs/first.json")
    assert "second.v2" in loaded.runs


def test_a_lost_and_a_planted_member_are_told() -> None:
    data = file.to_bytes(a_project(2), some_weights(), RUNS)
    lost = file.from_bytes(repacked(data, {"weights.safetensors": None}))
    assert any("weights.safetensors is missing" in problem.text for problem in lost.problems)
    planted = file.from_bytes(repacked(data, {"runs/planted.json": b"{}"}))
    assert any("runs/planted.json is not listed" in problem.text for problem in planted.problems)
    edited = file.from_bytes(repacked(data, {"runs/first.json": b'{"loss":0}'}))
    assert any(problem.field == "runs/first.json" and "manifest" in problem.text for problem in edited.problems)
    with pytest.raises(FileError, match=r"project\.json is damaged"):
        file.from_bytes(repacked(data, {"project.json": b"{}"}))


def test_a_zip_by_another_program_is_read() -> None:
    project = a_project(3)
    loaded = file.from_bytes(repacked(file.to_bytes(project, some_weights()), {}))
    assert loaded.project == project
    assert [problem.text[:15] for problem in loaded.problems] == ["Another program"]


def test_records_of_a_later_release_stay_and_keep_their_wires() -> None:
    project = a_project(4)
    data = to_json(project)
    first = e.AddNode(registry.entries("layer")[0]())
    project = e.Several("", (first, second := e.AddNode(registry.entries("layer")[0]()), e.AddLink(first.id, second.id))).apply(
        Project()
    )
    data = to_json(project)
    for change in (
        lambda record: record.update(id="of_tomorrow"),
        lambda record: record.update(version=99),
        lambda record: record["fields"].update(new_field=[1, {"a": 2}]),
        lambda record: record.update(new_key=1.5),
    ):
        changed = json.loads(json.dumps(data))
        change(changed["network"]["nodes"][0]["spec"])
        loaded = file.from_bytes(with_json(changed))
        assert isinstance(loaded.project.network.nodes[0].spec, Placeholder)
        assert loaded.project.network.links == project.network.links
        assert to_json(loaded.project) == changed
        assert any("does not know" in problem.text for problem in structural_problems(loaded.project))


def test_an_unknown_optimizer_stays_and_is_told() -> None:
    data = to_json(Project())
    data["training"]["fields"]["optimizer"] = {"kind": "optimizer", "id": "of_tomorrow", "version": 1, "fields": {"x": 1}}
    loaded = file.from_bytes(with_json(data)).project
    assert to_json(loaded) == data
    problems = [p for p in structural_problems(loaded) if p.field == "training.optimizer"]
    assert "of_tomorrow" in problems[0].text
    changed = e.ReplacePlanPart("training", "optimizer", registry.entries("optimizer")[0]()).apply(loaded)
    assert not [p for p in structural_problems(changed) if p.field == "training.optimizer"]


def test_unknown_keys_go_with_what_they_belonged_to() -> None:
    project = e.AddNode(registry.entries("layer")[0](), id="n").apply(Project())
    project = dataclasses.replace(project, unknown=(('["network","nodes","n","colour"]', '"mauve"'),))
    assert to_json(project)["network"]["nodes"][0]["colour"] == "mauve"
    assert to_json(e.RemoveNodes(("n",)).apply(project)) == to_json(Project())


def test_a_missing_setting_takes_its_default_and_says_so() -> None:
    data = to_json(Project())
    del data["training"]["fields"]["batch"]
    loaded = file.from_bytes(with_json(data))
    assert loaded.project == Project()
    assert loaded.problems[0].text == "/training/fields/batch is missing; the default, 32, was taken."


def test_fields_that_a_version_brought_take_their_defaults_without_a_word() -> None:
    assert TrainingPlan.version > 1
    assert 1 not in TrainingPlan.migrations, "that version only brought fields"
    data = to_json(Project())
    data["training"]["version"] = 1
    for name in ("evaluate_with", "average_start"):
        del data["training"]["fields"][name]
    loaded = file.from_bytes(with_json(data))
    assert loaded.project == Project()
    assert not [problem for problem in loaded.problems if "training" in problem.field]


def test_a_value_out_of_range_stays_and_is_a_problem() -> None:
    project = e.SetPlan("training", "batch", 100_000).apply(Project())
    loaded = file.from_bytes(file.to_bytes(project)).project
    assert loaded.training.batch == 100_000
    assert any("100000" in problem.text and "1 to 65536" in problem.text for problem in structural_problems(loaded))


def test_all_faults_are_found_at_once() -> None:
    data = to_json(e.AddNode(registry.entries("layer")[0]()).apply(Project()))
    data["name"], data["network"]["nodes"][0]["position"] = 3, [0, "left"]
    data["network"]["links"] = [{"id": "l", "source": "a", "target": 3, "port": -1}]
    with pytest.raises(file.BadProject) as caught:
        file.from_bytes(with_json(data), "some.play")
    assert [problem.field for problem in caught.value.problems] == [
        "/name", "/network/nodes/0/position/1", "/network/links/0/target", "/network/links/0/port",
    ]  # fmt: skip
    assert str(caught.value) == (
        "some.play cannot be opened. /name must be a text of 1 to 100 characters; 3 was found. 3 more of this kind."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(format="spreadsheet"), "/format must be 'playground project'; 'spreadsheet'"),
        (lambda d: d.update(version=2), "/version is 2; this program reads up to 1. A newer release opens"),
        (lambda d: d.update(version=0), "/version must be a whole number in 1 to 1; 0"),
        (lambda d: d.update(version=True), "/version must be a whole number in 1 to 1; True"),
        (
            lambda d: d["network"].update(links=[{"id": "l", "source": "n", "target": "gone", "port": 0}]),
            "target must be the id of a node; 'gone'",
        ),
        (lambda d: d["network"]["nodes"].append(d["network"]["nodes"][0]), "Every id must be used once"),
        (lambda d: d["network"]["nodes"][0].update(name="two words"), "a letter, then letters"),
        (lambda d: d["training"].update(id="data"), "it must be the plan 'training'; 'plan' 'data'"),
        (lambda d: d["training"].update(version=9), "it must be at most 2; 9 was found"),
        (
            lambda d: d["training"]["fields"].update(batch="many"),
            "/training/fields/batch: Batch must be a whole number in 1 to 65536; 'many'",
        ),
        (lambda d: d["training"]["fields"].update(optimizer=d["data"]), "it must be 'optimizer'; 'plan'"),
        (lambda d: d["network"]["nodes"][0].update(spec=d["training"]), "it must be one of dataset, layer, loss; 'plan'"),
        (lambda d: d.update(about="bell\a"), "printable characters and line breaks; '.x07'"),
    ],
)
def test_what_cannot_be_read_is_named(change: object, words: str) -> None:
    data = to_json(e.AddNode(registry.entries("layer")[0](), id="n").apply(Project()))
    change(data)  # type: ignore[operator]
    with pytest.raises(FileError, match=words) as caught:
        file.from_bytes(with_json(data), "p.play")
    assert len(str(caught.value)) <= 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":1,"a":2}', "'a' is there twice"),
        ('{"a":NaN}', "NaN was found"),
        ("[1e999]", "1e999 was found"),
        ("[-Infinity]", "-Infinity was found"),
        ('["\\ud800"]', "surrogate"),
        ('{"\\udfff":1}', "surrogate"),
        ("[" * 70 + "]" * 70, "64 levels"),
        ("[" * 100_000, "64 levels"),
        ("[" + "9" * 5000 + "]", "30 digits"),
        ('{"a":}', "line 1, column 6"),
        ("", "not JSON"),
    ],
)
def test_loose_json_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        strict_json.decode(text)
    with pytest.raises(BadValue, match=words):
        strict_json.decode(text.encode())


def test_json_that_is_not_utf8_or_too_large_is_refused() -> None:
    with pytest.raises(BadValue, match="byte 2 is not"):
        strict_json.decode(b'["\xff"]')
    with pytest.raises(BadValue, match="at most 64 MB"):
        strict_json.decode(b" " * (strict_json.MOST_BYTES + 1))
    assert strict_json.decode("[" * 64 + "]" * 64)
    with pytest.raises(BadValue, match="cannot be written"):
        strict_json.encode({"a": float("nan")})


class TestMigrations:
    def test_steps_run_in_order(self) -> None:
        steps = {
            0: lambda data: {**data, "title": data["title"].upper()},
            1: lambda data: {**{key: data[key] for key in data if key != "title"}, "name": data["title"]},
        }
        assert migrations.migrated({"version": 0, "title": "a"}, steps=steps, current=2) == {"version": 2, "name": "A"}
        assert migrations.migrated({"version": 1, "title": "b"}, steps=steps, current=2) == {"version": 2, "name": "b"}

    def test_an_older_file_opens_after_its_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        project = dataclasses.replace(a_project(5), unknown=())
        old = to_json(project)
        old["version"], old["title"] = 0, old.pop("name")

        def step(data: dict[str, object]) -> dict[str, object]:
            return {**{key: value for key, value in data.items() if key != "title"}, "name": data["title"]}

        monkeypatch.setattr(migrations, "known_steps", lambda: {0: step})
        again, found = from_json(old)
        assert not found.faults
        assert again == project

    def test_a_step_that_cannot_read_the_file_says_so(self) -> None:
        with pytest.raises(BadValue, match="version 0 could not be brought to version 1"):
            migrations.migrated({"version": 0}, steps={0: lambda data: {"name": data["title"]}}, current=1)

    def test_every_step_up_to_now_exists(self) -> None:
        steps = migrations.known_steps()
        assert sorted(steps) == list(range(min(steps, default=migrations.VERSION), migrations.VERSION))


def test_a_large_repetitive_project_is_not_taken_for_a_bomb() -> None:
    project = e.Several("", tuple(e.AddNote("a" * 10_000, (0, 0), id=str(at)) for at in range(300))).apply(Project())
    assert file.from_bytes(file.to_bytes(project)).project == project


def test_what_is_not_there_or_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"gone\.play is not there"):
        file.load(tmp_path / "gone.play")
    with pytest.raises(FileError, match="is not a file"):
        file.load(tmp_path)


def test_a_large_file_that_is_no_project_is_refused_without_reading_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "video.play"
    with path.open("wb") as large:
        large.truncate(3 * 2**30)  # takes no room on the disk
    start = time.process_time()
    with pytest.raises(FileError, match="is not a project file"):
        file.load(path)
    assert time.process_time() - start < 0.5


def test_five_hundred_nodes_are_written_and_read_quickly() -> None:
    """A bound with a wide margin against anything quadratic; figures are in the benchmark."""
    import time

    rng = random.Random(1)
    nodes = [e.AddNode(registry.entries("layer")[rng.randrange(5)](), id=str(at)) for at in range(500)]
    links = [e.AddLink(str(at), str(at + 1)) for at in range(499)]
    history = e.History(e.Several("", tuple(nodes)).apply(Project()))
    start = time.process_time()
    for link in links:
        history.do(link)
    file.from_bytes(file.to_bytes(history.project))
    assert time.process_time() - start < 8.0


def test_fields_that_an_older_version_did_not_have_are_no_matter_for_a_remark():
    found = records.Findings()
    data = {"kind": "loss", "id": "cross_entropy", "version": 1, "fields": {}}
    assert records.load_record(data, "/network/nodes/0/record", found) == registry.find("loss", "cross_entropy")()
    assert found.remarks == []
    records.load_record({**data, "version": 2}, "/network/nodes/0/record", found)
    assert {place.rpartition("/")[2] for place, _ in found.remarks} >= {"weight", "class_weights", "smoothing"}
