"""Settings that every layer on the canvas has besides those of its record."""

from __future__ import annotations

from playground.core.fields import Field, Flag, Real
from playground.words import within

NODE_OPTIONS: dict[str, Field] = {
    "frozen": Flag(label="Frozen", live=True, help="Its weights stay as they are while the others train."),
    "rate_factor": Real(
        label="Rate factor", low=0.0, high=1000.0, log=True, live=True, help="Multiplies the learning rate of its weights."
    ),
    "decay_factor": Real(
        label="Decay factor",
        low=0.0,
        high=1000.0,
        log=True,
        live=True,
        help="Multiplies the weight decay and the penalty of its weights; 0 exempts them.",
    ),
}


def option_words(name: str) -> str:
    """What an option, or another setting of a group, is called within a sentence."""
    return NODE_OPTIONS[name].title(name).lower() if name in NODE_OPTIONS else within(name)
