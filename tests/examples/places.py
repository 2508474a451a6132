"""Works out where the nodes of each example stand, as the canvas's own "Lay out" does. `python -m tests.examples.places` writes them."""

from __future__ import annotations

import json
import os

from playground.core.spec import Dataset
from playground.document.arranging import USUAL_VIEWS, Position, Size, tidy
from playground.lowering import inspect
from playground.ui.canvas.look import Surroundings
from playground.ui.canvas.wire_labels import label_of
from playground.ui.painting import width_of
from tests.examples.recipes import EXAMPLES, FOLDER, PLACES, Example, main


def measured(example: Example) -> tuple[dict[str, Size], dict[str, Position]]:
    """How large the canvas draws each node, and where it lays it; by name."""
    project = example.make().record
    (source,) = project.network.of_kind("dataset")
    assert isinstance(source.spec, Dataset)
    samples = source.spec.load(FOLDER)
    inspection = inspect(project, samples)
    around = Surroundings(project, inspection, samples)
    names = {node.id: node.name for node in project.network.nodes}
    looks = {node.id: around.look(node) for node in project.network.nodes}
    sizes = {id: (look.width, look.height) for id, look in looks.items()}
    labels = {link.source: width_of(label_of(link, "shape", project, inspection, {})[0], 10) for link in project.network.links}
    places = tidy(project.network, sizes, USUAL_VIEWS, labels)
    return {names[id]: size for id, size in sizes.items()}, {names[id]: place for id, place in places.items()}


def write() -> None:
    """The places of all examples, and the examples with them."""
    places = {example.name: measured(example)[1] for example in EXAMPLES}
    PLACES.write_text(json.dumps(places, indent=1) + "\n", encoding="utf-8")
    main()


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from playground.ui.app import make_application

    application = make_application()  # measures of text need it
    write()
