"""Memory in a loop."""

from __future__ import annotations

from playground.core.lesson import Lesson, Step
from playground.core.registry import register


@register("memory", title="Memory in a loop", icon="lstm")
class Memory(Lesson):
    """An LSTM keeps two marked numbers in mind over a hundred steps."""

    example = "adding_lstm"
    order = 4
    steps = (
        Step(
            "Every sequence holds a hundred random numbers; two of them are marked. The question is whether the sum of "
            "these two is above 1.",
            at="node adding",
        ),
        Step(
            "lstm1 reads one step after the other. Its gates decide at each step what to forget, what to write and what to show.",
            at="node lstm1",
            until="selected lstm1",
        ),
        Step(
            "Train. For some epochs nothing seems to happen: guessing gives 0.69, and the network has to find out "
            "first that the marks matter.",
            at="action train",
            until="running",
        ),
        Step(
            "Open Steps: it shows outputs and gates over the steps of one sequence.",
            at="panel steps",
            until="panel steps",
        ),
        Step(
            "Wait for the loss to fall below 0.3. Then the input gate opens at the marked steps and stays shut at the others.",
            at="panel steps",
            until="loss below 0.3",
        ),
    )
