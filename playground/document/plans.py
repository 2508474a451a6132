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


@register("training", title="Training", icon="play", version=2)
class TrainingPlan(Spec):
    """Everything that a run does, apart from the network and the data."""

    kind = "plan"

    optimizer: Spec = part("optimizer", "adam", help="How a step changes the weights.")
    schedule: Spec = part("schedule", "constant", help="How the learning rate moves over the run.")
    warmup: int = whole(0, high=1_000_000, unit="steps", help="Steps over which the rate climbs before the schedule starts.")
    warmup_start: float = real(
        0.0, low=0.0, high=1.0, advanced=True, label="Warm-up from", help="Share of the rate from which the warm-up climbs."
    )
    penalty: Spec = part("penalty", "none", help="What is asked of the weights besides a small loss; works with every optimizer.")
    batch: int = whole(32, low=1, high=65_536, log=True, help="Samples that go through the network at once.")
    accumulate: int = whole(
        1,
        low=1,
        high=4096,
        unit="batches",
        label="Accumulate",
        help="Batches whose gradients make one step: as a batch that many times larger, in the memory of one.",
    )
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
    clip_value: float = real(
        0.0,
        low=0.0,
        high=1e6,
        log=True,
        off="Off",
        live=True,
        label="Clip each value",
        advanced=True,
        help="Largest number allowed in a gradient; larger ones are cut to it, before the length is looked at.",
    )
    averaging: str = choice(
        "none",
        {
            "none": "Keep the weights of the last step alone.",
            "ema": "An exponential moving average that follows the weights.",
            "swa": "The plain mean of the weights after some epochs or steps.",
        },
        label="Average weights",
        help="Keep a mean of the weights and running statistics beside them.",
    )
    average_decay: float = real(
        0.999,
        low=0.0,
        high=0.999999,
        live=True,
        when=("averaging", "ema"),
        label="Average decay",
        help="Share of the moving average that every step keeps; 0.999 looks back some 1,000 steps.",
    )
    average_start: int = whole(
        0,
        high=1_000_000,
        unit="epochs",
        when=("averaging", ("ema", "swa")),
        label="Average from",
        help="Epochs before averaging begins.",
    )
    average_unit: str = choice(
        "epochs",
        {"epochs": "At the end of epochs.", "steps": "After steps."},
        when=("averaging", "swa"),
        label="Average after",
        help="When the mean takes the weights in.",
    )
    average_every: int = whole(
        1,
        low=1,
        high=1_000_000,
        when=("averaging", "swa"),
        label="Average every",
        help="Epochs or steps from one state that the mean takes in to the next.",
    )
    evaluate_with: str = choice(
        "averaged",
        {"averaged": "The averaged weights, once there are any.", "raw": "The weights of the last step."},
        when=("averaging", ("ema", "swa")),
        help="Which weights are judged on the validation part and used for predictions while averaging is on.",
    )
    patience: int = whole(
        0, high=100_000, off="Off", unit="epochs", help="Stop after so many epochs without a better validation loss; 0 is never."
    )
    restore_best: bool = flag(True, help="When stopping early, go back to the weights with the best validation loss.")
    seed: int = whole(0, high=2**31 - 1, help="Decides the start weights, the order of samples and dropout.")

    def steps_of_epoch(self, samples: int) -> int:
        """Updates in a pass over so many samples; the last may have fewer samples than the others."""
        return -(-samples // max(self.batch * self.accumulate, 1))

    @property
    def judges_averaged(self) -> bool:
        """Whether the averaged weights are evaluated, used for predictions and kept as the result."""
        return self.averaging != "none" and self.evaluate_with == "averaged"
