"""Skip connections."""

from __future__ import annotations

from playground.core.lesson import Lesson, Step
from playground.core.registry import register


@register("skip_connections", title="Skip connections", icon="add")
class SkipConnections(Lesson):
    """Blocks that add to what they were given, and why depth needs them."""

    example = "digits_resnet"
    order = 3
    steps = (
        Step(
            "Every cube is a block: a network of its own under one name. residual1 and residual2 have the same "
            "definition and weights of their own.",
            at="node residual1",
        ),
        Step(
            "Open residual1 with a double click.",
            at="node residual1",
            until="inside",
        ),
        Step(
            "What comes in goes two ways: through two convolutions, and past them to the sum. The block only has to "
            "learn the difference, and the gradient always has a short way back.",
        ),
        Step(
            "Go back up by a click on Main in the bar above the canvas.",
            at="action leave_block",
            until="outside",
        ),
        Step(
            "Train, and look at the gradient norms of all layers: none of them vanishes.",
            at="action train",
            until="epoch 2",
        ),
        Step(
            "The line of a layer far from the loss would sink towards 0 in a deep network without such ways past.",
            at="panel gradients",
        ),
    )
