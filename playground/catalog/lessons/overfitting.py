"""Overfitting and its cure."""

from __future__ import annotations

from playground.core.lesson import Lesson, Step
from playground.core.registry import register


@register("overfitting", title="Overfitting and its cure", icon="curve")
class Overfitting(Lesson):
    """A network learns its examples by heart; dropout and decay make it learn the rule."""

    example = "digits_mlp"
    order = 1
    without = ("dropout1",)
    training = {"epochs": 60, "schedule": "constant"}
    steps = (
        Step(
            "Handwritten digits, 64 numbers each. This time the dropout layer has been taken out, and training goes on for long.",
        ),
        Step(
            "Train.",
            at="action train",
            until="running",
        ),
        Step(
            "Blue is the loss on samples that the network learns from, orange on samples that it never sees. Wait "
            "until the blue one is below 0.02.",
            at="panel loss",
            until="loss below 0.02",
        ),
        Step(
            "The blue line goes on falling while the orange one stays: the network now learns its samples, not the "
            "digits. Press Stop.",
            at="action stop",
            until="stopped",
        ),
        Step(
            "Dropout hides a part of the units at every step, so that no unit can rely on one other. Drag it onto the "
            "wire behind relu1.",
            at="layer dropout",
            until="stands dropout 1",
        ),
        Step(
            "Train again from the start.",
            at="action train",
            until="running",
        ),
        Step(
            "Compare: the blue line falls more slowly, and the orange one goes lower than before. The gap between them "
            "is what you watch for.",
            at="panel loss",
            until="epoch 15",
        ),
    )
