"""How data is prepared and how training goes: records with fields, so that their forms, checks and file format derive."""

from __future__ import annotations

from playground.core.fields import choice, flag, part, real, whole
from playground.core.registry import register
from playground.core.spec import Spec


@register("data", title="Data", icon="data")
class DataPlan(Spec):
    """How samples are split and scaled. Statistics always come from the training part alone."""

    kind = "plan"

    validation: float = real(0.2, low=0.0, high=0.9, help="Share of the samples kept aside to judge the model while it trains.")
    test: float = real(0.0, low=0.0, high=0.9, help="Share kept aside until the very end.")
    stratified: bool = flag(True, help="Keep the shares of the classes equal in all parts.")
    scaling: str = choice(
        "standardise",
        {
            "none": "Leave the numbers as they are.",
            "standardise": "Zero mean and unit spread for every input, from the training part.",
            "unit": "Map every input's training range to 0 to 1.",
        },
        help="What is done to the inputs before the network sees them.",
    )
    scale_targets: bool = flag(True, help="Standardise the targets of a regression too; metrics are shown in the original unit.")
    seed: int = whole(0, high=2**31 - 1, help="Decides which sample falls into which part.")


@register("training", title="Training", icon="play")
class TrainingPlan(Spec):
    """Everything that a run does, apart from the network and the data."""

    kind = "plan"

    optimizer: Spec = part("optimizer", "adam", help="How a step changes the weights.")
    schedule: Spec = part("schedule", "constant", help="How the learning rate moves over the run.")
    warmup: int = whole(
        0, high=1_000_000, unit="steps", help="Steps over which the rate climbs from zero before the schedule starts."
    )
    batch: int = whole(32, low=1, high=65_536, log=True, help="Samples in one step.")
    epochs: int = whole(50, low=1, high=1_000_000, log=True, help="Passes over the training part.")
    shuffle: bool = flag(True, help="Draw the samples in a new order in every epoch.")
    clip: float = real(
        0.0,
        low=0.0,
        high=1e6,
        log=True,
        off="Off",
        live=True,
        label="Clip gradients",
        help="Longest gradient allowed; longer ones are scaled down.",
    )
    patience: int = whole(
        0, high=100_000, off="Off", unit="epochs", help="Stop after so many epochs without a better validation loss; 0 is never."
    )
    restore_best: bool = flag(True, help="When stopping early, go back to the weights with the best validation loss.")
    seed: int = whole(0, high=2**31 - 1, help="Decides the start weights, the order of samples and dropout.")
