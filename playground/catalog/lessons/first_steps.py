"""First steps."""

from __future__ import annotations

from playground.core.lesson import Lesson, Step
from playground.core.registry import register


@register("first_steps", title="First steps", icon="play")
class FirstSteps(Lesson):
    """Build, train, break and rescue a network that tells two spirals apart."""

    example = "spiral_mlp"
    order = 0
    without = ("tanh2",)
    training = {"schedule": "constant", "epochs": 2000}
    speed = 240.0
    steps = (
        Step(
            "This network reads a point of the plane and says to which of two spirals it belongs. Every small square "
            "shows what one unit answers over the whole plane: orange for high, blue for low.",
        ),
        Step(
            "dense2 feeds dense3 directly. Two matrix products in a row are only one larger matrix product, so "
            "something has to bend between them. Drag Tanh from the palette onto the wire between the two; it slides "
            "in.",
            at="layer tanh",
            until="stands tanh 2",
        ),
        Step(
            "Now train it. Everything you see keeps moving while it runs.",
            at="action train",
            until="running",
        ),
        Step(
            "This is the loss: low is good, and 0.69 is what guessing gives. Points are single batches, the line is "
            "their average. Wait until it has fallen below 0.4.",
            at="panel loss",
            until="loss below 0.4",
        ),
        Step(
            "The learning rate says how far every step goes. Drag it far to the right, beyond 1, while the network learns.",
            at="knob optimizer.rate",
            until="plan optimizer.rate above 1",
        ),
        Step(
            "The steps are so long now that they jump over every valley. Watch the loss climb above 1, worse than guessing.",
            at="panel loss",
            until="loss above 1",
        ),
        Step(
            "Nothing is lost. Choose a point of the curve before the disaster and rewind to it: weights, optimizer, "
            "random numbers and the learning rate come back as they were.",
            at="action rewind",
            until="rewound",
        ),
        Step(
            "Go on from here, with a learning rate of 0.01, until the loss is below 0.1.",
            at="action train",
            until="loss below 0.1",
        ),
        Step(
            "Look at the squares once more: the first layer draws straight borders, the second bends them, the last "
            "one winds round the spirals. You have built, trained, broken and rescued a network.",
            at="node loss",
        ),
    )
