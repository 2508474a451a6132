"""The axes of the parallel plot: settings in which runs differ, and what came out. No widget."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playground.training.runs import Kept
from playground.ui.compare.columns import Value, columns_for, is_figure, metrics_of, network_text
from playground.ui.compare.naming import setting_text, value_text
from playground.ui.compare.seeds import SEEDS, known_settings
from playground.ui.plots.axis import short
from playground.words import say

#: Greatest over least value from which on an axis of positive numbers is logarithmic.
WIDE = 20.0
#: Axes of settings, those with most different values first where there are more.
MOST = 7


@dataclasses.dataclass(frozen=True)
class SettingAxis:
    """One upright axis. places: folder of a run -> 0 at the foot to 1 at the top; runs without the value are left out.

    foot, top: what stands at its ends.  texts: what each run has there.  result: it came out, nobody chose it.
    """

    key: str
    title: str
    places: dict[Path, float]
    texts: dict[Path, str]
    foot: str
    top: str
    result: bool = False


def axes_of(runs: Sequence[Kept]) -> list[SettingAxis]:
    """Of runs side by side, settings first; none where nothing differs. Seeds are an axis only where nothing else differs."""
    projects = [run.project for run in runs]
    settings, texts = [list(part) for part in zip(*map(known_settings, projects), strict=True)] if runs else ([], [])
    shared = set.intersection(*(set(one) for one in settings)) if settings else set()
    paths = [path for path in (settings[0] if settings else ()) if path in shared and path != "wires"]
    differing = [path for path in paths if len({one[path] for one in texts}) > 1]
    chosen = [path for path in differing if path not in SEEDS] or differing
    if len(chosen) > MOST:
        most = sorted(chosen, key=lambda path: -len({one[path] for one in texts}))[:MOST]
        chosen = [path for path in chosen if path in most]
    found = []
    if len({network_text(run) for run in runs}) > 1:
        found.append(_axis("network", say("Network"), runs, [network_text(run) for run in runs]))
        chosen = [path for path in chosen if not path.endswith((".units", ".filters"))]  # the network's text tells them
    found += [_axis(path, setting_text(path, projects), runs, [one[path] for one in settings]) for path in chosen]
    columns = {column.key: column for column in columns_for(list(runs))}
    figures = [name for name in metrics_of(list(runs)) if is_figure(name)][:1]
    for key in ("train", "validation", *figures):
        values: list[Value] = [columns[key].value(run) for run in runs]
        if len(runs) > 1 and any(isinstance(value, float) and math.isfinite(value) for value in values):
            found.append(_axis(key, say(columns[key].title), runs, values, True, columns[key].number))
    return found


def _axis(key: str, title: str, runs: Sequence[Kept], values: Sequence[Any], result: bool = False,
          number: Callable[[float], str] = short) -> SettingAxis:  # fmt: skip
    known = {run.folder: value for run, value in zip(runs, values, strict=True) if not _missing(value)}
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in known.values())
    if numbers and known:
        return _numeric(key, title, {folder: float(value) for folder, value in known.items()}, result, number)
    texts = {folder: value_text(value) for folder, value in known.items()}
    order = sorted(set(texts.values()))
    last = max(len(order) - 1, 1)
    places = {folder: (order.index(text) / last if len(order) > 1 else 0.5) for folder, text in texts.items()}
    return SettingAxis(key, title, places, texts, order[0] if order else "", order[-1] if len(order) > 1 else "", result)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _numeric(
    key: str, title: str, values: dict[Path, float], result: bool, number: Callable[[float], str]
) -> SettingAxis:  # fmt: skip
    low, high = min(values.values()), max(values.values())
    log = low > 0 and high >= WIDE * low
    scale = {folder: math.log10(value) if log else value for folder, value in values.items()}
    foot, top = min(scale.values()), max(scale.values())
    span = top - foot
    places = {folder: (value - foot) / span if span > 0 else 0.5 for folder, value in scale.items()}
    texts = {folder: number(value) for folder, value in values.items()}
    return SettingAxis(key, title, places, texts, number(low), number(high) if span > 0 else "", result)


def left_by(axes: Sequence[SettingAxis], brushes: dict[str, tuple[float, float]], runs: Sequence[Kept]) -> frozenset[Path] | None:
    """Folders of runs that lie in every brush; None where there is none. brushes: key of an axis -> part of it, 0 to 1."""
    brushed = [(axis, brushes[axis.key]) for axis in axes if axis.key in brushes]
    if not brushed:
        return None
    return frozenset(
        run.folder
        for run in runs
        if all(
            run.folder in axis.places and low - 1e-9 <= axis.places[run.folder] <= high + 1e-9 for axis, (low, high) in brushed
        )
    )
