"""Plot series can be told apart by everybody: far apart in simulated colour blindness, legible on the ground, and dashed differently.

Simulation: Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of Color Vision Deficiency (2009), severity 1,
applied to linear sRGB. Distance: CIE 1976 ΔE in L*a*b* under D65.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from playground.ui.painting import ink_on
from playground.ui.plots.paint import class_ink
from playground.ui.theme import apply, theme, tokens

MACHADO = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(color: str) -> np.ndarray:
    rgb = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    ratio = TO_XYZ @ light / WHITE
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def seen(color: str, eye: str) -> np.ndarray:
    return lab(np.clip(MACHADO[eye] @ linear(color), 0, 1))


def series(mode: str) -> dict[str, str]:
    return {f"s{number}": tokens()["tokens"][f"s{number}"][mode] for number in range(1, 9)}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("eye", "least"), [("normal", 38), ("protanopia", 16), ("deuteranopia", 16), ("tritanopia", 16)])
def test_any_two_series_are_far_apart(mode: str, eye: str, least: float) -> None:
    found = {
        (one, other): float(np.linalg.norm(seen(a, eye) - seen(b, eye)))
        for (one, a), (other, b) in itertools.combinations(series(mode).items(), 2)
    }
    close = {pair: round(distance, 1) for pair, distance in found.items() if distance < least}
    assert not close, f"{eye}, {mode}: {close}"


def test_the_simulation_is_right() -> None:
    """Greys stay grey, and pure red and a dark green come near each other without the long cones."""
    for eye in MACHADO:
        assert np.linalg.norm(seen("#808080", eye) - lab(linear("#808080"))) < 0.5
    apart = np.linalg.norm(lab(linear("#a02020")) - lab(linear("#40601f")))
    assert np.linalg.norm(seen("#a02020", "deuteranopia") - seen("#40601f", "deuteranopia")) < apart / 2
    np.testing.assert_allclose(lab(linear("#ff0000")), (53.24, 80.09, 67.20), atol=0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_series_stand_out_from_the_ground(mode: str) -> None:
    def luminance(color: str) -> float:
        return float(TO_XYZ[1] @ linear(color))

    ground = luminance(tokens()["tokens"]["plot"][mode])
    for name, color in series(mode).items():
        bright, dark = sorted((luminance(color), ground), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, name


def test_no_two_series_have_the_same_dashes() -> None:
    dashes = [tokens()["dash"][str(number)] for number in range(1, 9)]
    assert len(set(dashes)) == 8
    assert dashes[0].strip() == "", "the first is solid"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_numbers_on_colours_can_be_read(app: QApplication, mode: str) -> None:
    """What stands on the colours of classes and of weights is black or white, with a contrast of 4.5:1 (WCAG 2.2, 1.4.3)."""
    before = theme().mode
    apply(app, mode)
    grounds = [class_ink(k, 8) for k in range(8)] + [QColor(int(word)) for word in theme().lut]
    apply(app, before)
    for ground in grounds:
        lights = sorted(float(TO_XYZ[1] @ linear(color.name())) for color in (ground, ink_on(ground)))
        assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5, ground.name()
