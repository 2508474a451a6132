"""One cycle."""

from __future__ import annotations

import numpy as np

from playground.core.fields import choice, flag, real
from playground.core.registry import register
from playground.core.spec import Schedule


@register("one_cycle", title="One cycle", icon="one_cycle", tail="up once, far down")
class OneCycle(Schedule):
    """Climbs to the base rate once and then falls far below where it started.

    Shapes: step (n,) -> (n,). The optimizer's rate is the highest one (max_lr in PyTorch). Only the rate is scheduled: PyTorch by
    default also moves momentum the other way (cycle_momentum). After the last step it stays where it ended.
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

    formula = "1/start → 1 → 1/(start·end), or with three phases 1/start → 1 → 1/start → 1/(start·end)"
    source = "Smith and Topin: Super-convergence (2018), section 3; PyTorch: torch.optim.lr_scheduler.OneCycleLR"
    examples = (
        ("plain", {}, ()),
        ("linear", {"anneal": "linear", "climb": 0.4, "start": 10.0, "end": 100.0}, ()),
        ("three phases", {"three_phase": True}, ()),
        ("three phases, linear", {"three_phase": True, "anneal": "linear", "climb": 0.25}, ()),
        ("no climb", {"climb": 0.0}, ()),
        ("only climb", {"climb": 1.0}, ()),
    )

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        t = np.asarray(step, np.float64)
        first, final = 1.0 / self.start, 1.0 / (self.start * self.end)
        last = max(total - 1.0, 0.0)
        top = self.climb * total - 1.0
        ways = [(0.0, top, first, 1.0), (top, last, 1.0, final)]
        if self.three_phase:
            back = 2.0 * top
            ways = [(0.0, top, first, 1.0), (top, back, 1.0, first), (back, last, first, final)]
        found = np.full(t.shape, np.nan)
        for at, (begin, end, high, low) in enumerate(ways):
            mine = np.isnan(found) & ((t <= end) | (at == len(ways) - 1))
            part = np.minimum((t - begin) / (end - begin), 1.0) if end > begin else np.ones_like(t)
            found = np.where(mine, self._between(high, low, part), found)
        return found

    def _between(self, start: float, end: float, part: np.ndarray) -> np.ndarray:
        """From start (part 0) to end (part 1)."""
        if self.anneal == "linear":
            return start + (end - start) * part
        return end + (start - end) / 2.0 * (1.0 + np.cos(np.pi * part))
