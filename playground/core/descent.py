"""Fields that many optimizers share, so that they read and behave alike."""

from __future__ import annotations

from typing import Any

from playground.core.fields import real


def rate_field(default: float) -> Any:
    """The learning rate."""
    return real(
        default,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        label="Learning rate",
        help="How far a step goes; the schedule multiplies it.",
    )


def momentum_field(default: float) -> Any:
    """The share of the velocity that is kept."""
    return real(
        default, low=0.0, high=0.9999, live=True, help="Share of the last step's velocity that is kept; some schedules lower it."
    )


def beta1_field(default: float = 0.9) -> Any:
    """The share of the running mean of the gradient that is kept."""
    return real(
        default,
        low=0.0,
        high=0.9999,
        live=True,
        label="Beta 1",
        advanced=True,
        help="Share of the running mean of the gradient that a step keeps; some schedules lower it.",
    )


def beta2_field(
    default: float = 0.999, help: str = "Share of the running mean of the squared gradient that a step keeps."
) -> Any:
    """The share of the second running mean that is kept."""
    return real(default, low=0.0, high=0.999999, live=True, label="Beta 2", advanced=True, help=help)


def epsilon_field(default: float = 1e-8, help: str = "Added to the root, so that nothing is divided by zero.") -> Any:
    """What keeps a divisor from zero."""
    return real(default, low=1e-12, high=1.0, log=True, live=True, advanced=True, help=help)


def l2_field() -> Any:
    """Coupled weight decay."""
    return real(
        0.0,
        low=0.0,
        high=10.0,
        log=True,
        off="Off",
        live=True,
        label="L2 decay",
        help="Adds this share of every weight to its gradient.",
    )


def decay_field(default: float = 0.01) -> Any:
    """Weight decay apart from the gradient."""
    return real(
        default,
        low=0.0,
        high=10.0,
        log=True,
        off="Off",
        live=True,
        label="Weight decay",
        help="Shrinks every weight by this share of the learning rate.",
    )
