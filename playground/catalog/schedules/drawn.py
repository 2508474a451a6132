"""Drawn."""

from __future__ import annotations

import numpy as np

from playground.core.fields import choice, flag
from playground.core.points import Pairs, points, smooth, straight
from playground.core.registry import register
from playground.core.spec import Schedule

#: Where the logarithmic axis begins.
_FLOOR = 1e-4


@register("drawn", title="Drawn", icon="drawn", tail="drag the points")
class Drawn(Schedule):
    """Follows a curve through points that are set by hand.

    Shapes: step (n,) -> (n,). A point's x is the share of the run after warm-up, its y the share of the base rate; before the
    first and after the last point the rate is level. On the logarithmic axis the curve runs through powers of the rate, and all
    below 0.0001 counts as 0.0001.
    """

    points: Pairs = points(
        ((0.0, 0.1), (0.15, 1.0), (0.6, 0.5), (1.0, 0.0)),
        curve="trace",
        log="log",
        floor=_FLOOR,
        x_title="share of the run",
        y_title="share of the rate",
        help="The points of the curve: drag them, double-click to add one, Delete to remove one.",
    )
    curve: str = choice(
        "smooth",
        {"straight": "Straight lines from point to point.", "smooth": "A smooth curve that never overshoots the points."},
        help="How the curve runs between two points.",
    )
    log: bool = flag(False, label="Log axis", help="Draw on a logarithmic axis, from 0.0001 to 1 times the rate.")

    formula = "factor = curve(t / T) through the points; smooth is a monotone cubic, on a log axis the curve is of log factor"
    source = "Fritsch and Carlson: Monotone piecewise cubic interpolation (1980); SciPy: PchipInterpolator"
    examples = (
        ("plain", {}, ()),
        ("straight", {"curve": "straight", "points": ((0.0, 1.0), (0.5, 0.25), (1.0, 0.75))}, ()),
        ("log", {"log": True}, ()),
        ("log, straight", {"log": True, "curve": "straight", "points": ((0.2, 1.0), (0.9, 0.0))}, ()),
        ("level and steep", {"points": ((0.0, 0.5), (0.3, 0.5), (0.300002, 1.0), (0.6, 1.0), (1.0, 0.9))}, ()),
    )

    def trace(self, points: Pairs, x: np.ndarray) -> np.ndarray:
        """The curve through these points. Shapes: (n,) -> (n,) float64."""
        through = smooth if self.curve == "smooth" else straight
        if not self.log:
            return through(points, x)
        powers = tuple((at, float(np.log10(max(y, _FLOOR)))) for at, y in points)
        return np.asarray(np.minimum(10.0 ** through(powers, x), 1.0))

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return self.trace(self.points, np.minimum(np.asarray(step, np.float64), total) / max(total, 1))
