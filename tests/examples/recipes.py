"""The example projects as scripts, and the result that each must reach. `python -m tests.examples.recipes` writes the files anew.

Where the nodes stand is in `places.json`, which `python -m tests.examples.places` works out with the window's own measures.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import playground as pg
from playground.core.spec import Layer
from playground.document import project as records
from playground.document.block_files import shipped
from playground.document.blocks import BlockUse
from playground.document.edits import MoveNodes, RenameNode, SetProject
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


def called(made: pg.Project, **names: str) -> pg.Project:
    """The same with nodes called otherwise, so that each name can be read in full on its node. names: as it is -> as it shall be."""
    for old, new in names.items():
        made.record = RenameNode(made.node(old).id, new).apply(made.record)
    return made


def digits_resnet() -> pg.Project:
    """Blocks: what each computes is added to what came in. Two of them have one definition; the third halves the image."""
    made = pg.Project()
    made.record = SetProject(name="Digits ResNet").apply(made.record)
    x = made.add_block("Conv-BN-ReLU", made.add(pg.dataset("digits"), name="digits"))
    x = made.add_block("Residual", made.add_block("Residual", x))
    y = made.add(pg.layer("conv2d", filters=32, stride=(2, 2), bias=False), x, name="conv1")
    y = made.add(pg.layer("relu"), made.add(pg.layer("batch_norm"), y, name="norm1"), name="relu1")
    y = made.add(pg.layer("conv2d", filters=32, bias=False), y, name="conv2")
    y = made.add(pg.layer("batch_norm"), y, name="norm2")
    x = made.add(pg.layer("conv2d", filters=32, kernel=(1, 1), stride=(2, 2)), x, name="shortcut")
    x = made.add(pg.layer("relu"), made.add(pg.layer("add"), x, y, name="add"), name="relu2")
    x = made.add(pg.layer("dense", units=10), made.add(pg.layer("global_average_pool"), x, name="pool"), name="dense1")
    made.add(pg.loss("cross_entropy"), x, name="loss")
    made.make_block("Halving residual", "conv1", "norm1", "relu1", "conv2", "norm2", "shortcut", "add", "relu2")
    called(made, halving_residual1="halving1")
    return made.set(epochs=15, batch=32, optimizer=pg.optimizer("adam", rate=0.004), schedule=pg.schedule("cosine"), seed=1)


def digits_autoencoder() -> pg.Project:
    """The decoder reads the encoder's own matrices turned round."""
    made = pg.Project()
    made.record = SetProject(name="Tied autoencoder").apply(made.record)
    data = made.add(pg.dataset("digits"), name="digits")
    x = made.add(pg.layer("flatten"), data)
    x = made.add(pg.layer("elu"), made.add(pg.layer("dense", units=32), x, name="encode1"))
    x = made.add(pg.layer("dense", units=12), x, name="encode2")
    x = made.add(pg.layer("elu"), made.add(pg.layer("dense", units=32), x, name="decode2"))
    x = made.add(pg.layer("dense", units=64), x, name="decode1")
    x = made.add(pg.layer("reshape", shape=(8, 8, 1)), x)
    made.add(pg.loss("mean_squared_error"), x, data, name="loss")
    made.share("decode2", "encode2", transposed=True).share("decode1", "encode1", transposed=True)
    return made.set(epochs=120, batch=32, optimizer=pg.optimizer("adam", rate=0.003), schedule=pg.schedule("cosine"))


def digits_two_heads() -> pg.Project:
    """One body, two answers: which digit it is, and the picture again."""
    made = pg.Project()
    made.record = SetProject(name="Two heads").apply(made.record)
    data = made.add(pg.dataset("digits"), name="digits")
    x = made.add(pg.layer("flatten"), data)
    x = made.add(pg.layer("relu"), made.add(pg.layer("dense", units=64), x, name="body"))
    classes = made.add(pg.layer("dense", units=10), x, name="classes")
    pixels = made.add(pg.layer("reshape", shape=(8, 8, 1)), made.add(pg.layer("dense", units=64), x, name="pixels"))
    made.add(pg.loss("cross_entropy"), classes, name="class_loss")
    made.add(pg.loss("mean_squared_error", weight=0.5), pixels, data, name="pixel_loss")
    return made.set(epochs=25, batch=32, optimizer=pg.optimizer("adam", rate=0.003), schedule=pg.schedule("cosine"))


def adding_lstm() -> pg.Project:
    made = pg.Project.chain(
        pg.dataset("adding_problem"), pg.layer("lstm", units=32, returns="last"), pg.layer("dense", units=2), name="Adding LSTM",
        epochs=40, batch=32, optimizer=pg.optimizer("adam", rate=0.005), clip=1.0, schedule=pg.schedule("cosine"),
    )  # fmt: skip
    return called(made, adding_problem="adding")


def adding_attention() -> pg.Project:
    read = [pg.layer("dense", units=32), pg.layer("multi_head_attention", heads=2), pg.layer("global_average_pool")]
    answer = [pg.layer("dense", units=32), pg.layer("relu"), pg.layer("dense", units=2)]
    made = pg.Project.chain(
        pg.dataset("adding_problem"), *read, *answer, name="Adding attention",
        epochs=15, batch=64, optimizer=pg.optimizer("adam", rate=0.003), clip=1.0, schedule=pg.schedule("cosine"),
    )  # fmt: skip
    return called(made, adding_problem="adding", multi_head_attention1="attention1", global_average_pool1="pool1")


def diabetes_lasso() -> pg.Project:
    """Linear regression by full-batch proximal descent."""
    return pg.Project.chain(
        pg.dataset("diabetes"), pg.layer("dense", units=1), name="Lasso",
        epochs=400, batch=512, optimizer=pg.optimizer("sgd", rate=0.1), penalty=pg.penalty("l1", strength=0.08),
    )  # fmt: skip


ABOUT = {
    "spiral_mlp": "Two arms wound into each other: watch the boundary bend round them.",
    "iris": "Three kinds of flowers from four measurements, learnt in a blink.",
    "diabetes": "Predict how far the disease goes in a year; stops before it overfits.",
    "digits_mlp": "Handwritten digits of 8×8 pixels, seen as 64 numbers.",
    "digits_cnn": "The same digits seen as pictures, by convolutions and pooling.",
    "digits_resnet": "Residual blocks: every block adds to what it was given.",
    "digits_autoencoder": "Digits through twelve numbers and back, with the same weights both ways.",
    "digits_two_heads": "One network with two losses: name the digit and draw it again.",
    "adding_lstm": "Two marked numbers among a hundred: an LSTM learns to keep them in mind.",
    "adding_attention": "The same task by attention, which looks at the marked steps at once.",
    "diabetes_lasso": "Linear regression that sets the weights it does not need to exactly zero.",
}

#: What to do with it, for a person who has just opened it.
TRY = {
    "spiral_mlp": "train, then take the second tanh away and train again: without a bend between them, two layers are one.",
    "iris": "select dense1 and set its units to 2. Three kinds of flowers need surprisingly little.",
    "diabetes": "set patience to 0 in the training plan and watch the validation loss rise while the training loss falls.",
    "digits_mlp": "drag the dropout rate up and down while it trains, and watch the gap between the two losses.",
    "digits_cnn": "freeze conv1 before training: random filters do better than one would think.",
    "digits_resnet": "open a residual block, delete the wire past the convolutions, and compare the gradient norms.",
    "digits_autoencoder": "set the units of encode2 and decode2 to 2: how much of a digit fits into two numbers?",
    "digits_two_heads": "turn the weight of pixel_loss up while it trains; the body is pulled both ways.",
    "adding_lstm": "replace the LSTM by a SimpleRNN: over a hundred steps it forgets.",
    "adding_attention": "open Steps while it trains and see the two marked steps light up.",
    "diabetes_lasso": "raise the strength of the penalty: one weight after the other becomes exactly zero.",
}

EXAMPLES = (
    Example("spiral_mlp", spiral_mlp, "train", "accuracy", at_least=0.99),
    Example("iris", iris, "validation", "accuracy", at_least=0.93),
    Example("diabetes", diabetes, "validation", "rmse", at_most=60.0),
    Example("digits_mlp", digits_mlp, "validation", "accuracy", at_least=0.96),
    Example("digits_cnn", digits_cnn, "validation", "accuracy", at_least=0.98),
    Example("digits_resnet", digits_resnet, "validation", "accuracy", at_least=0.98),
    Example("digits_autoencoder", digits_autoencoder, "validation", "loss", at_most=0.1),
    Example("digits_two_heads", digits_two_heads, "validation", "class_loss: accuracy", at_least=0.96),
    Example("adding_lstm", adding_lstm, "validation", "accuracy", at_least=0.95),
    Example("adding_attention", adding_attention, "validation", "accuracy", at_least=0.95),
    Example("diabetes_lasso", diabetes_lasso, "validation", "rmse", at_most=58.0),
)


def record_of(example: Example) -> records.Project:
    """The project with its nodes in their places, and ids that follow from the names, so that the file is the same every time."""
    project = SetProject(about=f"{ABOUT[example.name]}\nTry this: {TRY[example.name]}").apply(example.make().record)
    places = json.loads(PLACES.read_text(encoding="utf-8"))[example.name]
    project = MoveNodes({node.id: tuple(places[node.name]) for node in project.network.nodes}).apply(project)
    shipped_ids = {entry.id for entry in shipped()}
    named = {block.id: block.id if block.id in shipped_ids else digest(block.name) for block in project.blocks}
    blocks = tuple(
        dataclasses.replace(block, id=named[block.id], network=renamed(block.network, block.name, named))
        for block in project.blocks
    )
    return dataclasses.replace(project, network=renamed(project.network, "", named), blocks=blocks)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def renamed(network: records.Network, owner: str, blocks: Mapping[str, str]) -> records.Network:
    """The same with ids that follow from the names. owner: name of the block that it belongs to. blocks: id -> id."""
    if owner and all(len(node.id) < 32 for node in network.nodes):
        return network  # of a block that ships
    ids = {node.id: digest(owner + node.name) for node in network.nodes}
    nodes = []
    for node in network.nodes:
        spec = dataclasses.replace(node.spec, block=blocks[node.spec.block]) if isinstance(node.spec, BlockUse) else node.spec
        nodes.append(dataclasses.replace(node, id=ids[node.id], spec=spec, shares=ids.get(node.shares, "")))
    links = []
    for link in network.links:
        source, target = ids[link.source], ids[link.target]
        id = digest(f"{source}{target}{link.port}")
        links.append(records.Link(id=id, source=source, target=target, port=link.port, output=link.output))
    return dataclasses.replace(network, nodes=tuple(nodes), links=tuple(links))


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        (FOLDER / f"{example.name}.play").write_bytes(to_bytes(record_of(example)))
    (FOLDER / "order.json").write_text(json.dumps([example.name for example in EXAMPLES], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
