"""The main journey with a real pointer: from the start page to weights on the disk, each step as a person does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import load_file
from sklearn.datasets import load_digits

from playground.document.file import load
from tests.ui.pointer.person import Person, display, require_tools


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """Somebody before the start page of a program that was never started before."""
    require_tools()
    with display() as screen:
        made = Person(screen, tmp_path)
        try:
            made.wait_for_window()
            yield made
        finally:
            made.close()


def choose(person: Person, picker: str, title: str) -> None:
    """Open one of the toolbar's pickers and take an entry."""
    person.click("button", picker)
    person.click("entry", title)
    person.until("the menu to close", lambda: not person.state["menus"])


def bring(person: Person, title: str, at: tuple[float, float]) -> None:
    """Drag a layer from the palette onto the canvas."""
    person.point(person.ask("palette"))
    for _ in range(30):
        person.xdotool("click", 4)  # back to its top
    person.until(f"{title} in the palette", lambda: person.ask("row", title) or person.xdotool("click", 5))
    before = len(person.state["nodes"])
    person.drag(person.find("row", title), person.ask("canvas", *at))
    person.until(f"{title} on the canvas", lambda: len(person.state["nodes"]) == before + 1)


def wire(person: Person, source: str, target: str) -> None:
    """Draw a wire from one node to another."""
    person.drag(person.find("port", source, "out"), person.find("port", target, "in"))
    person.until(f"a wire from {source} to {target}", lambda: [source, target] in person.state["links"])


def build(person: Person) -> None:
    """A new project: digits, three layers, a loss, wires between them, ten outputs."""
    person.click("button", "New network")
    person.until("the canvas", lambda: not person.state["start"])
    choose(person, "Data: Choose…", "Digits")
    person.until("the samples", lambda: person.state["samples"])
    for title, at in (("Conv2d", (0.34, 0.3)), ("Flatten", (0.56, 0.3)), ("Dense", (0.74, 0.3))):
        bring(person, title, at)
    person.click_at(person.ask("canvas", 0.5, 0.92))  # nothing selected: the loss is wired to nothing by itself
    choose(person, "Loss: Choose…", "Cross-entropy")
    for source, target in (("data", "conv1"), ("conv1", "flatten1"), ("flatten1", "dense1"), ("dense1", "loss")):
        if [source, target] not in person.state["links"]:
            wire(person, source, target)
    person.click("node", "dense1")
    person.fill("Units", "10")
    person.key("Return")
    person.until("no problem left", lambda: not person.state["problems"])


def train(person: Person) -> None:
    """Long enough that a knob can be turned, then stopped."""
    person.click("tab", "Training")
    person.fill("Epochs", "5000")
    person.key("Return")
    person.until("the plan", lambda: person.state["plan"]["epochs"] == 5000)
    person.click("button", "Train", "ActionButton")
    person.until("the curve", lambda: person.state["epochs"] >= 2 and person.state["steps"] > 50, 40)
    assert person.state["layout"] == "train"
    before = person.state["rate"]
    person.drag(person.find("slider", "Learning rate slider"), person.find("slider", "Learning rate slider", 0.42))
    person.until("the new rate in the run", lambda: person.state["rate"] not in (before, None))
    person.until("the journal", lambda: any(text.startswith("Learning rate:") for text in person.state["journal"]))
    person.until("steps at the new rate", lambda: float(np.float32(person.state["rate"])) in person.state["rates"])
    assert person.state["run"] == "running"
    wanted = person.state["epochs"] + 8
    person.until("some more epochs", lambda: person.state["epochs"] >= wanted, 40)
    person.click("button", "Stop")
    person.until("the end of the run", lambda: person.state["run"] == "finished")


def export(person: Person, format: str, path: Path) -> None:
    """The export dialog is open: choose a format and a file, and wait for the certificate."""
    person.click("button", format)
    person.fill("File", str(path))
    person.click("button", "Export")
    person.until(f"a certificate for {path.name}", lambda: path.is_file() and person.state["certificate"], 40)


def save_and_quit(person: Person, path: Path) -> None:
    person.click("button", "Save")
    person.until("the dialog", lambda: "QFileDialog" in person.state["dialogs"])
    person.fill("fileNameEdit", str(path))
    person.key("Return")
    person.until("the project file", lambda: path.is_file() and not person.state["modified"])
    person.click("menu", "File")
    person.click("entry", "Quit")
    assert person.program.wait(15) == 0


@pytest.mark.pointer
@pytest.mark.timeout(180)
def test_from_the_start_page_to_weights_on_the_disk(person: Person, tmp_path: Path) -> None:
    build(person)
    train(person)
    rates = person.state["rates"]
    person.click("menu", "File")
    person.click("entry", "Export weights…")
    export(person, "safetensors", tmp_path / "digits.safetensors")
    export(person, "ONNX", tmp_path / "digits.onnx")
    person.click("button", "Close")
    save_and_quit(person, tmp_path / "digits.play")
    assert person.said() == ""
    check_weights(tmp_path)
    check_record(tmp_path, rates)
    leftovers = [path.name for path in (tmp_path / "home" / "recovery").glob("*.play")]
    assert not leftovers, "what was saved needs no recovery"


def check_weights(folder: Path) -> None:
    """The project and both exports hold the same weights, and these know digits."""
    loaded = load(folder / "digits.play")
    assert not loaded.problems
    assert [node.name for node in loaded.project.network.nodes if node.spec.kind == "layer"] == ["conv1", "flatten1", "dense1"]
    weights = {name: value for name, value in load_file(folder / "digits.safetensors").items() if not name.startswith("scaling.")}
    assert loaded.weights is not None
    assert weights.keys() == loaded.weights.keys()
    for name, value in weights.items():
        np.testing.assert_array_equal(value, loaded.weights[name])
    model = onnx.load(folder / "digits.onnx")
    onnx.checker.check_model(model, full_check=True)
    images, labels = load_digits(return_X_y=True)
    given = model.graph.input[0]
    (answers,) = ReferenceEvaluator(model).run(None, {given.name: inputs_of(model, images)})[:1]
    assert np.mean(answers.argmax(axis=-1) == labels) > 0.95


def inputs_of(model: onnx.ModelProto, images: np.ndarray) -> np.ndarray:
    """Digits in the unit and the axes that the file's own description asks for."""
    shape = [axis.dim_value for axis in model.graph.input[0].type.tensor_type.shape.dim]
    x = images.astype(np.float32).reshape(-1, 8, 8, 1)
    return x if shape[-1] == 1 else x.transpose(0, 3, 1, 2)


def check_record(folder: Path, rates: list[float]) -> None:
    """The run record has the knob's change, at the rate that the curve shows."""
    found = [json.loads(path.read_text()) for path in (folder / "home").rglob("run.json")]
    record = found[0]
    assert all(one == record for one in found), "the saved project sees the same run"
    changes = [entry for entry in record["journal"] if entry["kind"] == "knob" and entry["what"] == "rate"]
    assert changes
    assert np.float32(changes[-1]["after"]) in np.asarray(rates, np.float32)
    assert record["finished"] is not None
