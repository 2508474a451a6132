"""The example projects as scripts, and the result that each must reach. `python -m tests.examples.recipes` writes the files anew.

Where the nodes stand is in `places.json`, which `python -m tests.examples.places` works out with the window's own measures.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import playground as pg
from playground.core.spec import Layer
from playground.document import project as records
from playground.document.edits import MoveNodes, SetProject
from playground.document.file import to_bytes

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"
PLACES = Path(__file__).with_name("places.json")


@dataclasses.dataclass(frozen=True)
class Example:
    """make: the project.  part, metric, at_least / at_most: what its own settings and seed must reach."""

    name: str
    make: Callable[[], pg.Project]
    part: str
    metric: str
    at_least: float | None = None
    at_most: float | None = None

    def reached(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


def spiral_mlp() -> pg.Project:
    hidden = [pg.layer("dense", units=16), pg.layer("tanh"), pg.layer("dense", units=16), pg.layer("tanh")]
    return pg.Project.chain(
        pg.dataset("spirals"), *hidden, pg.layer("dense", units=2), name="Spiral",
        epochs=200, batch=32, optimizer=pg.optimizer("adam", rate=0.01), schedule=pg.schedule("cosine"),
    )  # fmt: skip


def iris() -> pg.Project:
    return pg.Project.chain(
        pg.dataset("iris"), pg.layer("dense", units=16), pg.layer("tanh"), pg.layer("dense", units=3), name="Iris",
        epochs=60, batch=16, optimizer=pg.optimizer("adam", rate=0.01),
    )  # fmt: skip


def diabetes() -> pg.Project:
    return pg.Project.chain(
        pg.dataset("diabetes"), pg.layer("dense", units=32), pg.layer("relu"), pg.layer("dense", units=1), name="Diabetes",
        epochs=60, batch=32, optimizer=pg.optimizer("adamw", rate=0.003, decay=0.05), patience=12,
    )  # fmt: skip


def digits_mlp() -> pg.Project:
    hidden = [
        pg.layer("dense", units=128),
        pg.layer("relu"),
        pg.layer("dropout", rate=0.3),
        pg.layer("dense", units=64),
        pg.layer("relu"),
    ]
    return pg.Project.chain(
        pg.dataset("digits"), pg.layer("flatten"), *hidden, pg.layer("dense", units=10), name="Digits MLP",
        epochs=25, batch=32, optimizer=pg.optimizer("adam", rate=0.003), schedule=pg.schedule("cosine"),
    )  # fmt: skip


def digits_cnn() -> pg.Project:
    def block(filters: int) -> list[Layer]:
        return [pg.layer("conv2d", filters=filters), pg.layer("batch_norm"), pg.layer("relu")]

    head = [pg.layer("max_pool2d"), pg.layer("flatten"), pg.layer("dropout", rate=0.4), pg.layer("dense", units=10)]
    return pg.Project.chain(
        pg.dataset("digits"), *block(16), *block(32), *head, name="Digits CNN",
        epochs=15, batch=32, optimizer=pg.optimizer("adam", rate=0.005), schedule=pg.schedule("cosine"), seed=3,
    )  # fmt: skip


ABOUT = {
    "spiral_mlp": "Two arms wound into each other: watch the boundary bend round them.",
    "iris": "Three kinds of flowers from four measurements, learnt in a blink.",
    "diabetes": "Predict how far the disease goes in a year; stops before it overfits.",
    "digits_mlp": "Handwritten digits of 8×8 pixels, seen as 64 numbers.",
    "digits_cnn": "The same digits seen as pictures, by convolutions and pooling.",
}

EXAMPLES = (
    Example("spiral_mlp", spiral_mlp, "train", "accuracy", at_least=0.99),
    Example("iris", iris, "validation", "accuracy", at_least=0.93),
    Example("diabetes", diabetes, "validation", "rmse", at_most=60.0),
    Example("digits_mlp", digits_mlp, "validation", "accuracy", at_least=0.96),
    Example("digits_cnn", digits_cnn, "validation", "accuracy", at_least=0.98),
)


def record_of(example: Example) -> records.Project:
    """The project with its nodes in their places, and ids that follow from the names, so that the file is the same every time."""
    project = SetProject(about=ABOUT[example.name]).apply(example.make().record)
    places = json.loads(PLACES.read_text(encoding="utf-8"))[example.name]
    project = MoveNodes({node.id: tuple(places[node.name]) for node in project.network.nodes}).apply(project)
    ids = {node.id: hashlib.sha256(node.name.encode()).hexdigest()[:32] for node in project.network.nodes}
    nodes = tuple(dataclasses.replace(node, id=ids[node.id]) for node in project.network.nodes)
    links = []
    for link in project.network.links:
        source, target = ids[link.source], ids[link.target]
        id = hashlib.sha256(f"{source}{target}{link.port}".encode()).hexdigest()[:32]
        links.append(records.Link(id=id, source=source, target=target, port=link.port))
    return dataclasses.replace(project, network=dataclasses.replace(project.network, nodes=nodes, links=tuple(links)))


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        (FOLDER / f"{example.name}.play").write_bytes(to_bytes(record_of(example)))


if __name__ == "__main__":
    main()
