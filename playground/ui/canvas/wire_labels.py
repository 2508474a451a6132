"""What stands on the wires: shapes, parameter counts, or the gradients that flow while a run goes on."""

from __future__ import annotations

import math

import numpy as np

from playground.document.project import Link, Project
from playground.lowering import Inspection
from playground.training.client import Client
from playground.ui.canvas.look import count_text, short_number

CHOICES = {"shape": "Shapes", "parameters": "Parameters", "gradient": "Gradient norm"}
THINNEST, THICKEST = 2.0, 4.0


def gradient_norms(client: Client) -> dict[str, float]:
    """Node name -> length of its newest gradient; empty before a run."""
    found = client.layer_norms()
    if found is None or not len(found.steps):
        return {}
    newest = np.asarray(found.gradient)[-1]
    return {name: float(norm) for name, norm in zip(found.layers, newest, strict=True) if math.isfinite(norm)}


def thickness_of(norm: float, norms: dict[str, float]) -> float:
    """2 to 4 pixels, by where the logarithm lies among all layers."""
    logs = [math.log10(value) for value in norms.values() if value > 0]
    if norm <= 0 or len(logs) < 2 or max(logs) - min(logs) < 1e-9:
        return THINNEST
    share = (math.log10(norm) - min(logs)) / (max(logs) - min(logs))
    return THINNEST + (THICKEST - THINNEST) * share


def label_of(link: Link, what: str, project: Project, inspection: Inspection, norms: dict[str, float]) -> tuple[str, float]:
    """Words and thickness of a wire. Where there is no gradient of the layer before it, that of the layer behind it stands."""
    type = inspection.type_of(link)
    shape = "?" if type is None else str(type)
    if what == "parameters":
        count = inspection.parameters.get(link.target, 0)
        return (f"{count_text(count)} p" if count else shape), THINNEST
    if what == "gradient" and norms:
        names = (project.network.node(link.source).name, project.network.node(link.target).name)
        norm = next((norms[name] for name in names if name in norms), None)
        if norm is not None:
            return f"∇ {_brief(norm)}", thickness_of(norm, norms)
    return shape, THINNEST


def _brief(norm: float) -> str:
    """As few characters as a short wire has room for: 0.41, 4e-3."""
    if norm and not 0.01 <= norm < 1e4:
        mantissa, _, power = f"{norm:.0e}".partition("e")
        return f"{mantissa}e{int(power)}"
    return short_number(norm)
