"""Fields of schedules that lower the momentum while the rate is high, so that they read and behave alike."""

from __future__ import annotations

from typing import Any

from playground.core.fields import flag, real


def cycle_momentum_field() -> Any:
    """Whether the momentum is moved the other way."""
    return flag(
        True,
        label="Cycle momentum",
        help="Move the momentum, or Adam's beta 1, the other way: lowest where the rate is highest. An optimizer without one is left as it is.",
    )


def momentum_low_field(default: float) -> Any:
    """Where the momentum is lowest."""
    return real(
        default,
        low=0.0,
        high=0.9999,
        when=("cycle_momentum", True),
        label="Lowest momentum",
        help="Momentum where the rate is highest (base_momentum). It is never above the optimizer's own, from which it falls.",
    )


def unmoved(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings from before schedules moved the momentum."""
    return {**settings, "cycle_momentum": False}
