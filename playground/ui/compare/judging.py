"""What the runs that are compared say of each other, in words: whether their settings differ by more than the seeds do. No widget."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from playground.training.runs import Kept
from playground.ui.compare.columns import spread_text
from playground.ui.compare.more_seeds import GOAL
from playground.ui.compare.noise import MOST_SEEDS, SURE, Verdict, spread_of, verdict
from playground.ui.compare.seeds import draws, seed_of
from playground.ui.plots.axis import short
from playground.words import counted, say, strung

#: More seeds than twice as many, or this many, are not asked for at once.
AT_ONCE = 10


@dataclasses.dataclass(frozen=True)
class Setting:
    """One of those compared. runs: its repetitions, newest first.  values: the result of each seed that has one.

    lost: seeds that ended without a finite result.
    """

    runs: tuple[Kept, ...]
    values: tuple[float, ...]
    lost: int

    @property
    def number(self) -> int:
        """Of the run after which it is named, the oldest."""
        return self.runs[-1].number

    @property
    def name(self) -> str:
        return say("Run {number}", number=self.number)


@dataclasses.dataclass(frozen=True)
class Judgement:
    """level: "info", "ok" or "warn".  what: the number that is judged, as "validation loss".  goal: seeds of each that would help; 0: none."""

    level: str
    title: str
    text: str
    what: str
    settings: tuple[Setting, ...]
    goal: int = 0


def settings_in(groups: Sequence[Sequence[Kept]]) -> tuple[tuple[Setting, ...], str]:
    """The compared settings, and which loss they are judged by: that of validation where all of them have one."""
    held = all(run.last is not None and run.last.validation_loss is not None for runs in groups for run in draws(runs))
    found = []
    for runs in groups:
        ended = draws(runs)
        values = [_loss(run, held) for run in ended]
        finite = tuple(value for value in values if value is not None and math.isfinite(value))
        seeds = {seed_of(run) for run in runs if run.state == "fault"} - {seed_of(run) for run in ended}
        found.append(Setting(tuple(runs), finite, len(seeds) + len(ended) - len(finite)))
    return tuple(found), say("Validation loss") if held else say("Train loss")


def _loss(run: Kept, held: bool) -> float | None:
    last = run.last
    return None if last is None else last.validation_loss if held else last.train_loss


def judged(groups: Sequence[Sequence[Kept]]) -> Judgement | None:
    """Of settings, the first against each of the others; None where there is nothing to say. groups: repetitions, newest first."""
    settings, what = settings_in(groups)
    if not settings:
        return None
    lost = [counted(one.lost, "{n} seed of run {number} gave no finite number and is left out.",
                    "{n} seeds of run {number} gave no finite number and are left out.", number=one.number)
            for one in settings if one.lost]  # fmt: skip
    made = _alone(settings[0], what) if len(settings) == 1 else _against(settings, what)
    return None if made is None else dataclasses.replace(made, text=strung([made.text, *lost], " "))


def _alone(setting: Setting, what: str) -> Judgement | None:
    if not setting.values:
        return None
    if len(setting.values) == 1:
        text = say("With another seed the result would differ; more seeds tell by how much.")
        return Judgement("info", say("One seed"), text, what, (setting,), GOAL)
    mean, apart = spread_of(setting.values)
    text = say(
        "{what} is {mean} ± {apart} over {seeds} seeds: mean and standard deviation. These runs differ in the seed alone.",
        what=what, mean=short(mean), apart=spread_text(apart), seeds=len(setting.values),
    )  # fmt: skip
    return Judgement("info", say("Same settings"), text, what, (setting,))


def _against(settings: tuple[Setting, ...], what: str) -> Judgement:
    first, others = settings[0], settings[1:]
    empty = [one for one in settings if not one.values]
    if empty:
        text = say("Run {number} has no result yet: it goes on, was stopped, or diverged.", number=empty[0].number)
        return Judgement("info", say("Nothing can be said yet"), text, what, settings)
    sure = 1 - (1 - SURE) / len(others)  # all of them hold at once: Bonferroni
    found = [verdict(first.values, other.values, sure) for other in others]
    few = [one for one in settings if len(one.values) < 2]
    if few:
        return _unknown(settings, found[0], few, what)
    if len(others) > 1:
        return _several(settings, found, what)
    other, one = others[0], found[0]
    seeds = say("{first} and {second} seeds.", first=len(first.values), second=len(other.values))
    if one.kind == "clear":
        better = first if one.gap < 0 else other
        text = say(
            "{what} differs by {gap} ± {noise} (95 %, Welch): more than the seeds explain.", what=what, gap=short(abs(one.gap)),
            noise=spread_text(one.noise),
        )  # fmt: skip
        return Judgement("ok", say("Run {number} is better", number=better.number), strung([text, seeds], " "), what, settings)
    text = say(
        "The gap of {gap} in {what} lies inside the seed noise of ± {noise} (95 %, Welch).", what=_small(what),
        gap=short(abs(one.gap)), noise=spread_text(one.noise),
    )  # fmt: skip
    goal, next = _more(settings, one)
    return Judgement("info", say("No clear difference"), strung([text, seeds, next], " "), what, settings, goal)


def _more(settings: Sequence[Setting], one: Verdict) -> tuple[int, str]:
    """How many seeds of each to run next, and what would do."""
    if one.wanted is None:
        return 0, say("Even {most} seeds of each would hardly tell them apart: take the cheaper one.", most=MOST_SEEDS)
    have = min(len(setting.values) for setting in settings)
    wanted = max(one.wanted, have + 1)
    text = say("About {wanted} seeds of each would tell a gap of this size.", wanted=wanted)
    return min(wanted, max(2 * have, AT_ONCE)), text


def _unknown(settings: tuple[Setting, ...], one: Verdict, few: Sequence[Setting], what: str) -> Judgement:
    if len(few) == len(settings):
        text = say(
            "{what} differs by {gap}, but with one seed of each nobody knows how much of that is the seed.", what=what,
            gap=short(abs(one.gap)),
        )  # fmt: skip
    else:
        text = say(
            "{what} differs by {gap}, but run {number} has one seed, so nobody knows how far seeds move it.", what=what,
            gap=short(abs(one.gap)), number=few[0].number,
        )  # fmt: skip
    return Judgement("info", say("Nothing can be said yet"), text, what, settings, GOAL)


def _several(settings: tuple[Setting, ...], found: Sequence[Verdict], what: str) -> Judgement:
    """The first against each of several others."""
    lines, goal = [], 0
    for other, one in zip(settings[1:], found, strict=True):
        gap, noise = short(abs(one.gap)), spread_text(one.noise)
        if one.kind == "clear":
            better = (settings[0] if one.gap < 0 else other).number
            lines.append(say("Run {other}: run {better} is better by {gap} ± {noise}.", other=other.number, better=better, gap=gap,
                             noise=noise))  # fmt: skip
        else:
            lines.append(say("Run {other}: no clear difference, {gap} ± {noise}.", other=other.number, gap=gap, noise=noise))
            goal = max(goal, _more((settings[0], other), one)[0])
    title = say("Run {number} against {count} others", number=settings[0].number, count=len(found))
    lines.append(say("{what}, 95 % for all together (Welch, Bonferroni).", what=what))
    return Judgement("info" if goal else "ok", title, strung(lines, " "), what, settings, goal)


def _small(title: str) -> str:
    """Inside a sentence."""
    return title[:1].lower() + title[1:]
