"""The layouts of the window: one record makes the tab, the shortcut, the areas that panels stand in and their sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Where panels stand: at the sides of the canvas and below it; "centre" is the canvas's own place, in a layout without it.
AREAS = ("left", "right", "centre", "bottom", "bottom-right")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One arrangement of the window.

    areas: those of AREAS that its panels may stand in.  sizes: what a fresh layout gives at 1440 × 900: width of "left" and
    "right", height of "centre" and "bottom", and width of "bottom-left" and "bottom-right" where the bottom is shared; pixels.
    grows: those heights are in proportion to the window's; else they stay, and the canvas takes what is left.
    canvas: whether the canvas is shown; a layout without it has a "centre".
    folded: areas that are one at the right on a small screen, whose height does not suffice for two rows; their panels are tabs there in
    this order of areas.  small_sizes: widths of "left" and "right" on such a screen.
    base: of a layout of one's own, the one of the table from which it was made; panels stand where they stand there.
    """

    name: str
    title: str
    icon: str
    shortcut: str
    areas: tuple[str, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    grows: bool = False
    canvas: bool = True
    folded: tuple[str, ...] = ()
    small_sizes: Mapping[str, int] = field(default_factory=dict)
    base: str = ""

    def __post_init__(self) -> None:
        if not {*self.areas, *self.folded} <= set(AREAS) or ("centre" in self.areas) is self.canvas:
            raise ValueError(f"layout {self.name}: areas {self.areas} do not suit")

    @property
    def action(self) -> str:
        """The id of the action that shows it."""
        return f"{self.name}_layout"


#: In the order of the tabs.
LAYOUT_TABLE = (
    Layout(
        name="build", title="Build", icon="auto", shortcut="Ctrl+1", areas=("left", "right", "bottom"),
        sizes={"left": 216, "right": 296, "bottom": 150},
        folded=("right", "bottom"), small_sizes={"left": 184, "right": 296},
    ),
    Layout(
        name="train", title="Train", icon="curve", shortcut="Ctrl+2", areas=("right", "bottom", "bottom-right"),
        sizes={"right": 292, "bottom": 444, "bottom-left": 740, "bottom-right": 400}, grows=True,
        folded=("bottom", "right", "bottom-right"), small_sizes={"right": 440},
    ),
    Layout(
        name="compare", title="Compare", icon="table", shortcut="Ctrl+3", areas=("right", "centre", "bottom", "bottom-right"),
        sizes={"right": 300, "centre": 400, "bottom": 390, "bottom-left": 620, "bottom-right": 500}, grows=True, canvas=False,
        folded=("bottom", "bottom-right", "right"), small_sizes={"right": 480},
    ),
)  # fmt: skip
