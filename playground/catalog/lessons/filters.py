"""What a filter sees."""

from __future__ import annotations

from playground.core.lesson import Lesson, Step
from playground.core.registry import register


@register("filters", title="What a filter sees", icon="conv")
class Filters(Lesson):
    """Look into a convolutional network while it learns to read digits."""

    example = "digits_cnn"
    order = 2
    steps = (
        Step(
            "Here a digit stays a picture. A convolution lays a small window over every place of it and answers how "
            "well its pattern fits there.",
            at="node conv1",
        ),
        Step(
            "Select conv1. The inspector shows how many windows it has, how large they are, and counts their weights: "
            "9 for each window of 3 × 3 pixels, and one bias.",
            at="node conv1",
            until="selected conv1",
        ),
        Step(
            "Train, and watch the squares of conv1: from noise they become edges and strokes.",
            at="action train",
            until="running",
        ),
        Step(
            "max_pool1 keeps the strongest answer of four neighbours. That makes the image half as large and a shift "
            "of one pixel unimportant.",
            at="node max_pool1",
            until="epoch 3",
        ),
        Step(
            "Above 98 of 100 unseen digits are read correctly. Open Metrics to see it.",
            at="panel metrics",
            until="metric accuracy above 0.97",
        ),
    )
