"""The recovery file in the status line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.status_part import Part, StatusPart

if TYPE_CHECKING:
    from playground.ui.status import StatusLine


def say_recovery(line: StatusLine) -> list[Part]:
    """When it was written."""
    return [Part(line.autosaved)] if line.autosaved else []


PARTS = (StatusPart(id="recovery", say=say_recovery, side="right", order=10),)
