"""Looks into the layers of large networks, which are not taken unless somebody watches."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command


@dataclasses.dataclass(frozen=True, kw_only=True)
class WatchLayers(Command):
    """Measure the layers' outputs, or histograms, of a network of any size now and then, or of small ones only.

    what: "activations" or "histograms".
    """

    waits = True

    what: str
    on: bool
