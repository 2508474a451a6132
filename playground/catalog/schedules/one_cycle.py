"""One cycle."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from playground.core.cycles import cycle_momentum_field, momentum_low_field, unmoved
from playground.core.fields import choice, flag, real
from playground.core.registry import register
from playground.core.spec import Schedule


@register("one_cycle", title="One cycle", icon="one_cycle", version=2, tail="up once, far down")
class OneCycle(Schedule):
    """Climbs to the base rate once and then falls far below where it started.

    Shapes: step (n,) -> (n,). The optimizer's rate is the highest one (max_lr in PyTorch) and its momentum, or Adam's beta 1, too
    (max_momentum, there 0.95 by default): the momentum falls while the rate climbs and comes back while it falls. After the last
    step both stay where they ended.
    """

    climb: float = real(0.3, low=0.0, high=1.0, label="Climbs for", help="Share of the run in which the rate climbs (pct_start).")
    anneal: str = choice(
        "cosine",
        {"cosine": "Along half a cosine wave.", "linear": "In straight lines."},
        label="Moves",
        help="How the rate moves between its ends.",
    )
    start: float = real(
        25.0,
        low=1.0,
        high=1e6,
        log=True,
        label="Start divisor",
        help="The run starts at the base rate divided by this (div_factor).",
    )
    end: float = real(
        1e4,
        low=1.0,
        high=1e9,
        log=True,
        label="End divisor",
        help="The run ends at its start rate divided by this (final_div_factor).",
    )
    three_phase: bool = flag(
        False,
        label="Three phases",
        help="Come down to the start rate as fast as it climbed, then fall to the end in a phase of its own.",
    )
    cycle_momentum: bool = cycle_momentum_field()
    momentum_low: float = momentum_low_field(0.85)

    migrations = {1: unmoved}
    formula = "1/start → 1 → 1/(start·end), or with three phases 1/start → 1 → 1/start → 1/(start·end); momentum: own → momentum_low → own"
    source = "Smith and Topin: Super-convergence (2018), section 3; PyTorch: torch.optim.lr_scheduler.OneCycleLR"
    examples = (
        ("plain", {}, ()),
        ("rate alone", {"cycle_momentum": False}, ()),
        ("linear", {"anneal": "linear", "climb": 0.4, "start": 10.0, "end": 100.0}, ()),
        ("three phases", {"three_phase": True}, ()),
        ("three phases, linear", {"three_phase": True, "anneal": "linear", "climb": 0.25, "momentum_low": 0.5}, ()),
        ("no climb", {"climb": 0.0}, ()),
        ("only climb", {"climb": 1.0}, ()),
    )

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        first, final = 1.0 / self.start, 1.0 / (self.start * self.end)
        return self._along((first, 1.0, first, final) if self.three_phase else (first, 1.0, final), step, total)

    def dip(self, step: np.ndarray, total: int) -> np.ndarray | None:
        if not self.cycle_momentum:
            return None
        return self._along((0.0, 1.0, 0.0, 0.0) if self.three_phase else (0.0, 1.0, 0.0), step, total)

    def _along(self, ends: Sequence[float], step: np.ndarray, total: int) -> np.ndarray:
        """From end to end of the phases: two, or three."""
        t = np.asarray(step, np.float64)
        top, last = self.climb * total - 1.0, max(total - 1.0, 0.0)
        turns = (0.0, top, 2.0 * top, last) if self.three_phase else (0.0, top, last)
        found = np.full(t.shape, np.nan)
        for at, (begin, end) in enumerate(itertools.pairwise(turns)):
            mine = np.isnan(found) & ((t <= end) | (at == len(turns) - 2))
            part = np.minimum((t - begin) / (end - begin), 1.0) if end > begin else np.ones_like(t)
            found = np.where(mine, self._between(ends[at], ends[at + 1], part), found)
        return found

    def _between(self, start: float, end: float, part: np.ndarray) -> np.ndarray:
        """From start (part 0) to end (part 1)."""
        if self.anneal == "linear":
            return start + (end - start) * part
        return end + (start - end) / 2.0 * (1.0 + np.cos(np.pi * part))
