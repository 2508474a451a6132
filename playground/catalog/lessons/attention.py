"""Where attention looks."""

from __future__ import annotations

from playground.core.lesson import Lesson, Step
from playground.core.registry import register


@register("attention", title="Where attention looks", icon="attention_heads")
class Attention(Lesson):
    """The same task without a loop: attention looks at the marked steps at once."""

    example = "adding_attention"
    order = 5
    steps = (
        Step(
            "The task of the lesson on memory: do the two marked numbers of a hundred sum to more than 1? Nothing is "
            "read in order here.",
            at="node adding",
        ),
        Step(
            "attention1 lets every step look at every other. Its pictures show who looks where: a row for "
            "each step, a column for each step looked at.",
            at="node attention1",
            until="selected attention1",
        ),
        Step(
            "Train, and keep your eyes on these pictures.",
            at="action train",
            until="running",
        ),
        Step(
            "Two columns light up: whatever the step, it looks at the two marked ones. Wait until the loss is below 0.2.",
            at="node attention1",
            until="loss below 0.2",
        ),
        Step(
            "Open Steps to see the same weights for another sequence.",
            at="panel steps",
            until="panel steps",
        ),
    )
