"""Fields of initializers that scale by the fan: how many numbers enter a unit and how many leave it."""

from __future__ import annotations

from typing import Any

from playground.core.fields import choice, real


def slope_field() -> Any:
    """The slope below zero of the activation that follows."""
    return real(0.0, low=0.0, high=10.0, advanced=True, help="Slope below zero of the activation that follows; 0 for ReLU.")


def fan_field() -> Any:
    """By which of the two is scaled."""
    return choice(
        "in",
        {"in": "Keep the spread of signals on the way forward.", "out": "Keep the spread of gradients on the way back."},
        advanced=True,
        help="Which way the spread is kept.",
    )


def gain_field() -> Any:
    """What multiplies every number."""
    return real(1.0, low=0.0, high=100.0, log=True, advanced=True, help="Multiplies every number; 5/3 suits tanh.")
