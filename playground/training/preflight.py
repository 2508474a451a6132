"""The pre-flight: does the network start where it should, can it learn at all, does it learn from the labels, what will it cost here.

Every check runs from start weights in a shadow of the run. Source of the first three: A. Karpathy, A Recipe for Training Neural
Networks (2019), part 2, "verify loss at init", "overfit one batch", "input-independent baseline".
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from playground.data.prepare import Split
from playground.engine import free_memory
from playground.engine.machine import Machine
from playground.engine.tally import Evaluated
from playground.lowering.network import TARGETS
from playground.training import memory
from playground.training.assembly import Assembled
from playground.training.durations import in_words
from playground.training.guessing import guess_loss, luck, targets_of, usual
from playground.training.judge import Judge
from playground.training.messages.analysis import CheckRecord, LayerCost
from playground.training.shadow import Shadow
from playground.training.timing import Cancelled, Timed, Unwanted, never, time_layers, time_training
from playground.words import joined, sentence

#: Told the check that goes on, its place and how many there are.
Told = Callable[[str, int, int], None]

CHECKS = ("start", "fits", "labels", "time")
#: The first loss, in losses of guessing: below the first it is too good, up to the second as it should be, above the third too high.
LOW, NEAR, FAR = 0.65, 1.5, 3.0
#: A batch is learnt when this share of its first loss is left.
LEARNT = 0.1
_PIECE, _MOST_FIT, _LEAST_FIT = 5, 1000, 20
_MOST_LABELS, _LEAST_LABELS = 500, 10
#: Further than this share of the way from guessing to all answers right, nobody gets by luck.
MOST_LUCK = 0.8
_JUDGED = 2000
#: Seconds of a step up to which several are done before anybody is asked.
_PATIENCE = 0.02
_SAMPLE_BYTES = 256 << 20


#: From the best verdict to the worst.
LEVELS = ("ok", "info", "warn", "error")


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a check says of one loss of the network; `CheckRecord` names the parts."""

    level: str
    title: str
    text: str
    remedy: str = ""
    figures: Mapping[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Found:
    """What came out. timed: None where it was cancelled before that. stopped: "end" or "cancelled"."""

    checks: tuple[CheckRecord, ...]
    layers: tuple[LayerCost, ...]
    timed: Timed | None
    seconds: float
    stopped: str

    def check(self, id: str) -> CheckRecord:
        """Raises KeyError for a check that was not made."""
        return {one.id: one for one in self.checks}[id]


def preflight(
    made: Assembled, machine: Machine, seconds: float = 1.5, told: Told | None = None, unwanted: Unwanted = never
) -> Found:
    """All checks, each of about so many seconds at most. What the machine holds stays as it is."""
    began = time.perf_counter()
    flight = _Flight(made, machine, seconds, unwanted)
    makers = {"start": flight.start, "fits": flight.fits, "labels": flight.labels, "time": flight.cost}
    stopped = "end"
    try:
        with Shadow(machine):
            for at, (id, make) in enumerate(makers.items()):
                if told is not None:
                    told(id, at, len(makers))
                make()
    except Cancelled:
        stopped = "cancelled"
    return Found(tuple(flight.checks), flight.layers, flight.timed, time.perf_counter() - began, stopped)


@dataclasses.dataclass
class _Batch:
    """One batch that is trained on alone. goals: of the losses that count, by their places.  first, last: of every loss.

    learnt: places of the losses that have reached their goals, or whose answers are all right.  fault: a number was not finite.
    """

    part: Split
    goals: dict[int, float]
    first: tuple[float, ...]
    last: tuple[float, ...]
    learnt: set[int] = dataclasses.field(default_factory=set)
    steps: int = 0
    fault: bool = False


class _Flight:
    """The checks one after another; what each finds is of use to the next."""

    def __init__(self, made: Assembled, machine: Machine, seconds: float, unwanted: Unwanted) -> None:
        self.made, self.machine, self.seconds, self.unwanted = made, machine, seconds, unwanted
        self.judge = Judge(made.lowered.heads, made.samples.task, made.prepared)
        self.checks: list[CheckRecord] = []
        self.layers: tuple[LayerCost, ...] = ()
        self.timed: Timed | None = None
        self._parts: list[Split] = []  # kept, for the judge knows parts by their identity
        self._piece = 1  # steps between two looks at whether this is still wanted

    def _say(
        self, id: str, level: str, title: str, text: str, remedy: str = "", *, figures: Mapping[str, float] | None = None
    ) -> None:
        found = CheckRecord(id=id, level=level, title=title, text=text, remedy=remedy, figures=dict(figures or {}))
        self.checks.append(found)

    def _tell(self, id: str, verdicts: Mapping[int, Verdict]) -> None:
        """One check of several losses, by their places: as bad as its worst one, which is told first; each has its name and figures."""
        names = [head.name for head in self.made.lowered.heads]
        order = sorted(verdicts, key=lambda at: -LEVELS.index(verdicts[at].level))
        worst = verdicts[order[0]]
        if len(names) == 1:
            return self._say(id, worst.level, worst.title, worst.text, worst.remedy, figures=worst.figures)
        text = joined((sentence("{loss}: {what}", loss=names[at], what=verdicts[at].text) for at in order), " ")
        figures = {f"{names[at]}: {name}": value for at, one in verdicts.items() for name, value in one.figures.items()}
        return self._say(id, worst.level, worst.title, text, worst.remedy, figures={**figures, **worst.figures})

    def _asked(self) -> None:
        if self.unwanted():
            raise Cancelled

    def _some(self, split: Split, count: int, seed: int = 0) -> Split:
        """So many samples of a part, drawn at random."""
        count = max(1, min(count, split.count, _SAMPLE_BYTES // max(4 * int(split.x[0].size), 1)))
        part = split.at(np.sort(np.random.default_rng(seed).permutation(split.count)[:count]))
        self._parts.append(part)
        return part

    @cached_property
    def _judged(self) -> int:
        """So many samples are judged: as many as take a quarter of a check's time, a batch at least."""
        batch = self.made.project.training.batch
        part = self._some(self.made.prepared.train, batch)
        self._answers(part)
        began = time.perf_counter()
        self._answers(part)
        each = (time.perf_counter() - began) / part.count
        return int(min(_JUDGED, max(batch, self.seconds / 4 / max(each, 1e-9))))

    def _answers(self, part: Split) -> Evaluated:
        return self.machine.answers(part.x, 1, self.made.lowered.columns(part))

    # Where it starts.

    def start(self) -> None:
        """The loss of the start weights against that of guessing."""
        self._asked()
        part = self._some(self.made.prepared.train, self._judged)
        with Shadow(self.machine):
            self.machine.initialise(self.made.project.training.seed)
            losses = self._answers(part).losses
        found = {at: _verdict_start(loss, guess_loss(self.made.lowered, at, part)) for at, loss in enumerate(losses)}
        self._tell("start", found)

    # Whether it can learn.

    def fits(self) -> None:
        """Train on one batch alone until it is learnt by every loss that counts."""
        training = self.made.project.training
        part = self._some(self.made.prepared.train, training.batch)
        with Shadow(self.machine) as shadow:
            shadow.load("train", part.x, self.made.lowered.columns(part))
            self.machine.shuffle = False
            self.machine.initialise(training.seed)
            batch = _Batch(part, self._goals(part, first := self._answers(part)), first.losses, first.losses)
            self._until_learnt(batch)
        self._tell("fits", {at: _verdict_fits(batch, at) for at in batch.goals})

    def _goals(self, part: Split, first: Evaluated) -> dict[int, float]:
        """For each loss that counts, by its place, where it is learnt: a share of its first one above what perfect answers leave."""
        heads = self.made.lowered.heads
        counting = [at for at, head in enumerate(heads) if head.loss.weight > 0] or range(len(heads))
        floors = {at: self._floor(at, part) for at in counting}
        return {at: floor + LEARNT * max(first.losses[at] - floor, 0.0) for at, floor in floors.items()}

    def _floor(self, at: int, part: Split) -> float:
        """What is left of a loss of perfect answers where labels are smoothed: about the entropy of a smoothed label."""
        head = self.made.lowered.heads[at]
        share, targets = float(getattr(head.loss, "smoothing", 0.0)), targets_of(self.made.lowered, head, part)
        if share <= 0 or targets is None or head.loss.target != "class":
            return 0.0
        classes = self.made.lowered.graph.values[self.made.lowered.graph.outputs[at]].type.shape[-1]
        shares = np.full(classes, share / classes)
        shares[0] += 1 - share
        return float(-(shares * np.log(shares)).sum())

    def _until_learnt(self, batch: _Batch) -> None:
        """Train until every loss is where it should be, the time is over or a number is not finite."""
        until = time.perf_counter() + self.seconds
        while batch.steps < _MOST_FIT and (batch.steps < _LEAST_FIT or time.perf_counter() < until):
            self._asked()
            losses = self._train(_PIECE)
            batch.steps += len(losses)
            if len(losses) < _PIECE:
                batch.fault = True
                return
            if len(self.made.lowered.heads) == 1:  # its loss at every step is at hand
                reached = np.flatnonzero(np.asarray(losses) <= batch.goals[0])
                if len(reached):
                    batch.steps += int(reached[0]) - len(losses)
                    batch.last, batch.learnt = (losses[int(reached[0])],), {0}
                    return
            found = self._answers(batch.part)
            batch.last = found.losses
            batch.learnt = {
                at for at, goal in batch.goals.items() if found.losses[at] <= goal or self._right(at, found, batch.part) == 1.0
            }
            if len(batch.learnt) == len(batch.goals):
                return

    def _train(self, steps: int) -> list[float]:
        """Losses of some steps at the base rate; fewer where one could not be done."""
        machine, ring = self.machine, self.machine.ring()
        losses: list[float] = []
        while len(losses) < steps:
            self._asked()
            first, wanted, began = machine.step, min(self._piece, steps - len(losses)), time.perf_counter()
            done = machine.run(wanted, None, self._threads).steps
            self._piece = _PIECE if time.perf_counter() - began < _PATIENCE * wanted else 1
            losses += [float(loss) for loss in ring[np.arange(first, first + done) % len(ring), 0]]
            if done < wanted:
                break
        return losses

    @property
    def _threads(self) -> int:
        """One for every chain, as far as that is of use for a few steps."""
        return min(self.made.plan.chains, 2)

    def _right(self, at: int, found: Evaluated, part: Split) -> float | None:
        """The share of right answers that a loss judges; None where answers are not right or wrong."""
        name, value = self._score(at, found, part)
        return value if name == "accuracy" else None

    def _score(self, at: int, found: Evaluated, part: Split) -> tuple[str, float]:
        """How well the answers fit that a loss judges: accuracy, or R², or where there is neither the loss itself. at: its place."""
        metrics = self.judge.metrics(found, part)
        prefix = f"{self.made.lowered.heads[at].name}: " if len(self.made.lowered.heads) > 1 else ""
        for name in ("accuracy", "r2"):
            if math.isfinite(metrics.get(prefix + name, math.nan)):
                return name, metrics[prefix + name]
        return "loss", found.losses[at]

    # Whether it is the labels that it learns from.

    def labels(self) -> None:
        """Train for the same number of steps on the labels as they are and on shuffled ones; judge both on what was not trained, by
        every loss that compares with labels.
        """
        lowered, prepared = self.made.lowered, self.made.prepared
        heads = [at for at, head in enumerate(lowered.heads) if head.column or head.wired == TARGETS]
        if not heads:
            text = sentence("The network learns from its inputs alone.")
            return self._say("labels", "info", sentence("No labels to shuffle"), text)
        training = self.made.project.training
        held = prepared.validation or prepared.test
        pool = self._some(prepared.train, _MOST_LABELS * training.batch * training.accumulate, seed=1)
        if held is None:
            order = np.random.default_rng(2).permutation(pool.count)
            cut = max(1, pool.count // 5)
            pool, held = pool.at(np.sort(order[cut:])), pool.at(np.sort(order[:cut]))
            self._parts += [pool, held]
        if pool.count < 2:
            return self._say("labels", "info", sentence("Too few samples to shuffle"), sentence("There is one sample."))
        judged = self._some(held, self._judged, seed=3)
        shuffled = dataclasses.replace(pool, y=pool.y[np.random.default_rng(4).permutation(pool.count)])
        until = time.perf_counter() + self.seconds / 2
        steps, real = self._learn(pool, judged, until, 0)
        _, control = self._learn(shuffled, judged, math.inf, steps)
        return self._tell("labels", {at: self._labelled(at, steps, real, control, judged) for at in heads})

    def _learn(self, part: Split, judged: Split, until: float, steps: int) -> tuple[int, Evaluated]:
        """Steps done, and the answers to what is judged. steps: how many; 0: until the time is over."""
        columns, done = self.made.lowered.columns(part), 0
        with Shadow(self.machine) as shadow:
            shadow.load("train", part.x, columns)
            self.machine.initialise(self.made.project.training.seed)
            while done < (steps or _MOST_LABELS) and (steps or done < _LEAST_LABELS or time.perf_counter() < until):
                self._asked()
                losses = self._train(min(_PIECE, steps - done) if steps else _PIECE)
                done += len(losses)
                if not losses:
                    break
            return done, self._answers(judged)

    def _labelled(self, at: int, steps: int, real: Evaluated, control: Evaluated, judged: Split) -> Verdict:
        """What one loss says of the answers with the labels and with shuffled ones."""
        scores = self._score(at, real, judged), self._score(at, control, judged)
        chance = self._chance(at, real, judged)
        slack, strays = self._slack(at, control, judged, chance)
        if math.isfinite(chance):  # what the network reads beside its inputs teaches it as much with shuffled labels
            strays = max(strays, (scores[0][1] - chance) / 2)
        return _verdict_labels(steps, *scores, chance, slack, strays)

    def _slack(self, at: int, control: Evaluated, judged: Split, chance: float) -> tuple[float, float]:
        """Up to which distance two scores are alike, and how far from guessing one may lead by luck. control: with shuffled labels."""
        name, score = self._score(at, control, judged)
        if name != "accuracy":
            slack = 0.1 if name == "r2" else 0.05 * abs(score)
            return slack, slack + 0.02
        slack, head = 3 * math.sqrt(0.25 / max(judged.count, 1)), self.made.lowered.heads[at]
        targets = targets_of(self.made.lowered, head, judged)
        by_luck = 0.0 if targets is None else min(3 * luck(head, control.heads[at], targets), MOST_LUCK * (1 - chance))
        return slack, max(slack + 0.02, by_luck)

    def _chance(self, at: int, found: Evaluated, judged: Split) -> float:
        """The score of the best constant answer."""
        head, outputs = self.made.lowered.heads[at], found.heads[at]
        targets = targets_of(self.made.lowered, head, judged)
        if targets is None:
            return math.nan
        constant = np.broadcast_to(usual(head, targets, outputs.shape[1:]).astype(np.float32), outputs.shape)
        heads = (*found.heads[:at], constant, *found.heads[at + 1 :])
        name, value = self._score(at, dataclasses.replace(found, outputs=heads[0], heads=heads), judged)
        return math.nan if name == "loss" else value

    # What it costs here.

    def cost(self) -> None:
        """Time of an epoch and memory of the run on this machine, and what each layer takes of both."""
        timed = self.timed = time_training(self.made, self.machine, self.seconds, self.unwanted)
        self.layers = time_layers(self.made, self.machine, self.seconds / 5, timed.step, self.unwanted)
        epochs, needed, free = self.made.project.training.epochs, self.made.plan.size.whole_run, free_memory.free_bytes()
        whole = epochs * timed.epoch
        figures = {"epoch": timed.epoch, "step": timed.step, "steps": float(timed.steps), "whole": whole, "bytes": float(needed)}
        text = sentence(
            "{steps} steps of {step}, {memory}; {epochs} epochs take about {whole}.",
            steps=f"{timed.steps:,}", step=in_words(timed.step), memory=memory.in_words(needed), epochs=f"{epochs:,}",
            whole=in_words(whole),
        )  # fmt: skip
        tight, slow = free is not None and needed > 0.8 * free, whole > 3600
        remedy = ""
        if free is not None and needed > 0.8 * free:
            remedy = sentence("Of {free} free memory little is left: take a smaller batch.", free=memory.in_words(free))
        elif slow:
            remedy = sentence("See where the time goes, or find a faster batch.")
        title = sentence("{epoch} per epoch", epoch=in_words(timed.epoch))
        if free is not None:
            figures["free"] = float(free)
        self._say("time", "warn" if tight or slow else "info", title, text, remedy, figures=figures)


def _verdict_start(loss: float, guess: float | None) -> Verdict:
    """Of one loss of the start weights, against that of guessing."""
    if not math.isfinite(loss):
        return Verdict(
            "error", sentence("Starts with no number"), sentence("The first loss is not finite."),
            sentence("Look for a layer that divides or takes a logarithm, and for inputs without scaling."), {"loss": loss},
        )  # fmt: skip
    if guess is None or guess <= 0:
        text = sentence("What guessing gives is not known for this loss.")
        return Verdict("info", sentence("Starts at {loss}", loss=_three(loss)), text, figures={"loss": loss})
    text = sentence(
        "Loss {loss}, guessing gives {guess}.", loss=_three(loss), guess=_three(guess) if guess < 1 else f"{guess:.2f}"
    )
    figures = {"loss": loss, "guess": guess}
    smaller = sentence("Scale the inputs, or start the last layer from smaller weights.")
    if loss > FAR * guess:
        return Verdict("warn", sentence("Starts too high"), text, smaller, figures)
    if loss > NEAR * guess:
        return Verdict("info", sentence("Starts a little high"), text, smaller, figures)
    if loss < LOW * guess:
        remedy = sentence("Check that the inputs do not hold the answer.")
        return Verdict("warn", sentence("Knows too much before training"), text, remedy, figures)
    return Verdict("ok", sentence("Starts where it should"), text, figures=figures)


def _verdict_fits(batch: _Batch, at: int) -> Verdict:
    """Of one loss, whether its batch was learnt."""
    first, last = batch.first[at], batch.last[at]
    figures = {"first": first, "last": last, "steps": float(batch.steps), "samples": float(batch.part.count)}
    if batch.fault:
        text = sentence("A number was no longer finite after {steps} steps on one batch.", steps=batch.steps)
        return Verdict("error", sentence("Blows up"), text, sentence("Find a lower rate, or clip the gradient."), figures)
    if at in batch.learnt:
        text = sentence("Fits one batch in {steps} steps.", steps=batch.steps)
        return Verdict("ok", sentence("Can learn"), text, figures=figures)
    if last < 0.9 * first:
        remedy = sentence("Find a better rate; a very small network may not fit a batch at all.")
        return Verdict("warn", sentence("Learns slowly"), _fell(first, last, batch.steps), remedy, figures)
    remedy = sentence("Find a rate; then look for frozen layers, dead units and a last layer that does not suit the loss.")
    return Verdict("error", sentence("Does not learn one batch"), _fell(first, last, batch.steps), remedy, figures)


def _verdict_labels(
    steps: int, real: tuple[str, float], control: tuple[str, float], chance: float, slack: float, strays: float
) -> Verdict:
    """Of one loss. real, control: its score with the labels and with shuffled ones.

    slack: scores so close are alike.  strays: so far from guessing shuffled labels may lead by luck.
    """
    name, figures = real[0], {"real": real[1], "shuffled": control[1], "chance": chance, "steps": float(steps)}
    if not (math.isfinite(real[1]) and math.isfinite(control[1])):
        text = sentence("The comparison ended in numbers that are not finite.")
        return Verdict("error", sentence("Blows up"), text, sentence("Find a lower rate."), figures)
    tell = {"accuracy": _percent, "r2": _r2, "loss": _three}[name]
    sign = -1.0 if name == "loss" else 1.0
    if math.isfinite(chance) and sign * (control[1] - chance) > strays:
        text = sentence(
            "Shuffled labels reach {control}, guessing gives {chance}.", control=tell(control[1]), chance=tell(chance)
        )
        remedy = sentence("Something other than training tells the answer: look for a wire from the targets into the network.")
        return Verdict("error", sentence("Knows the answers without labels"), text, remedy, figures)
    if sign * (real[1] - control[1]) <= min(slack, 0.1 if name != "loss" else slack):
        text = sentence(
            "After {steps} steps {real} with the labels, {control} with shuffled ones.",
            steps=steps, real=tell(real[1]), control=tell(control[1]),
        )  # fmt: skip
        remedy = sentence("Find a rate and train longer; if nothing changes, the inputs may not tell the answer.")
        return Verdict("warn", sentence("Labels teach it nothing yet"), text, remedy, figures)
    text = sentence(
        "Shuffled labels stay at {control}, the real ones reach {real}.", control=tell(control[1]), real=tell(real[1])
    )
    return Verdict("ok", sentence("Learns from labels only"), text, figures=figures)


def _fell(first: float, last: float, steps: int) -> str:
    return sentence(
        "On one batch the loss went from {first} to {last} in {steps} steps.", first=_three(first), last=_three(last), steps=steps
    )


def _three(value: float) -> str:
    return f"{value:.3g}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _r2(value: float) -> str:
    return f"R² {value:.2f}"


def figures_of(found: Found) -> dict[str, Any]:
    """The whole result as plain values, for a command that prints JSON."""
    return {
        "seconds": found.seconds,
        "stopped": found.stopped,
        "checks": [dataclasses.asdict(one) for one in found.checks],
        "layers": [dataclasses.asdict(one) | {"seconds": one.seconds} for one in found.layers],
    }
