"""Colours, fonts, icons and colour maps, read from the design tokens; the one style sheet; live switch between light and dark."""

from __future__ import annotations

import json
import math
from functools import cache, lru_cache
from typing import Any

import numpy as np
from PySide6.QtCore import QByteArray, QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel

from playground.paths import assets_dir
from playground.ui.plain_text import make_plain
from playground.words import language

DRAWN_IN = "#464E59"  # the one stroke colour of every icon file


@cache
def tokens() -> dict[str, Any]:
    """The design tokens as they are on disk."""
    found: dict[str, Any] = json.loads((assets_dir() / "tokens.json").read_text(encoding="utf-8"))
    return found


@cache
def icon_names() -> frozenset[str]:
    """Names that `Theme.icon` knows."""
    return frozenset(path.stem for path in (assets_dir() / "icons").glob("*.svg"))


class Theme(QObject):
    """The current look. Painters ask at paint time, so that a switch needs only a repaint.

    changed: emitted after every switch; widgets that keep colours (plots, previews) listen, painted widgets need not.
    reduced_motion: True sets every animation to 0 ms.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice, self.mode = "light", "light"
        self.reduced_motion = False
        self._colors: dict[str, QColor] = {}
        self.lut = np.zeros(256, np.uint32)
        self._use("light")

    @property
    def dark(self) -> bool:
        return self.mode == "dark"

    def _use(self, mode: str) -> None:
        self.mode = mode
        self._colors = {name: QColor(pair[mode]) for name, pair in tokens()["tokens"].items()}
        stops = np.array([[int(h[i : i + 2], 16) for i in (1, 3, 5)] for h in tokens()["diverging"][mode]], float)
        at = np.linspace(0, len(stops) - 1, 256)
        rgb = np.stack([np.interp(at, range(len(stops)), stops[:, c]) for c in range(3)], 1).round().astype(np.uint32)
        self.lut = (0xFF000000 | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2]).astype(np.uint32)

    def color(self, name: str) -> QColor:
        """A token's colour in the current mode. The caller must not change it."""
        return self._colors[name]

    def tint(self, name: str, part: float = 0.16, over: str = "node") -> QColor:
        """A token laid over another at the given part, such as a group's fill on a node."""
        return _tinted(self.mode, name, part, over)

    def font(self, px: int, bold: bool = False) -> QFont:
        """The system face at a pixel size, with tabular figures, unhinted so that widths scale with the zoom."""
        return _font(px, bold, QGuiApplication.font().family(), chinese_family() if language() == "zh_CN" else "")

    def icon(self, name: str, px: int = 16, token: str = "text2") -> QIcon:
        """An icon for a button or a menu; the disabled look is included."""
        made = QIcon()
        for ratio in (1.0, 2.0):
            made.addPixmap(self.pixmap(name, px, token, ratio))
            made.addPixmap(self.pixmap(name, px, "disabled", ratio), QIcon.Mode.Disabled)
        return made

    def pixmap(self, name: str, px: int = 16, token: str = "text2", ratio: float = 2.0) -> QPixmap:
        """An icon rasterised in a token's colour for a device pixel ratio. Unknown names draw the block icon."""
        return _pixmap(self.mode, name if name in icon_names() else "block", px, token, ratio)

    def series(self, index: int) -> tuple[QColor, list[float]]:
        """Colour and dash pattern (in pixels, empty for solid) of plot series 1 to 8; further ones start again."""
        number = (index - 1) % 8 + 1
        return self.color(f"s{number}"), [float(part) for part in tokens()["dash"][str(number)].split()]

    def duration(self, ms: int) -> int:
        """The length of an animation: as designed, or 0 when motion is reduced."""
        return 0 if self.reduced_motion else ms

    def palette(self) -> QPalette:
        """The application palette: everything Fusion can take from a palette, it takes."""
        palette, role = QPalette(), QPalette.ColorRole
        names = {
            role.Window: "panel", role.Base: "base", role.AlternateBase: "panel", role.Button: "panel", role.Text: "text",
            role.WindowText: "text", role.ButtonText: "text", role.BrightText: "error", role.ToolTipBase: "panel",
            role.ToolTipText: "text", role.Highlight: "accentsoft", role.HighlightedText: "text", role.PlaceholderText: "text3",
            role.Mid: "border", role.Midlight: "border", role.Light: "panel", role.Dark: "strong", role.Shadow: "strong",
            role.Accent: "accent", role.Link: "accent", role.LinkVisited: "accent",
        }  # fmt: skip
        for key, name in names.items():
            palette.setColor(key, self.color(name))
        for key in (role.Text, role.WindowText, role.ButtonText, role.HighlightedText):
            palette.setColor(QPalette.ColorGroup.Disabled, key, self.color("disabled"))
        return palette

    def sheet(self) -> str:
        """The only style sheet: what neither the palette nor a paint event can set."""
        c = {name: color.name() for name, color in self._colors.items()}
        return f"""
            QScrollBar:vertical {{ width: 8px; background: transparent; }}
            QScrollBar:horizontal {{ height: 8px; background: transparent; }}
            QScrollBar::handle {{ background: {c["border"]}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
            QScrollBar::handle:hover {{ background: {c["strong"]}; }}
            QScrollBar::add-line, QScrollBar::sub-line {{ width: 0px; height: 0px; }}
            QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
            QMainWindow {{ background: {c["window"]}; }}
            QMainWindow::separator {{ width: 2px; height: 2px; background: {c["window"]}; border: 1px solid {c["border"]}; }}
            QToolBar {{ border: none; padding: 0px; margin: 0px; spacing: 0px; background: {c["panel"]}; }}
            QMenuBar {{ spacing: 0px; background: {c["window"]}; border: none; }}
            QMenuBar::item {{ padding: 6px 9px; background: transparent; color: {c["text"]}; }}
            QMenuBar::item:selected {{ background: {c["accentsoft"]}; }}
            QMenu {{ background: {c["panel"]}; border: 1px solid {c["border"]}; padding: 4px; }}
            QMenu::item {{ padding: 5px 24px 5px 8px; border-radius: 4px; }}
            QMenu::item:selected {{ background: {c["accentsoft"]}; color: {c["text"]}; }}
            QMenu::item:disabled {{ color: {c["disabled"]}; }}
            QMenu::separator {{ height: 1px; background: {c["border"]}; margin: 4px 8px; }}
            QMenu::icon {{ padding-left: 8px; }}
            QToolTip {{ background: {c["panel"]}; color: {c["text"]}; border: 1px solid {c["strong"]}; padding: 4px; }}
            QLineEdit {{ background: transparent; border: none; selection-background-color: {c["accent"]};
                         selection-color: {c["onaccent"]}; }}
            QFileDialog QLineEdit, QInputDialog QLineEdit {{ background: {c["base"]}; border-radius: 4px;
                         border: 1px solid {c["strong"]}; padding: 4px 6px; }}
            QFileDialog QLineEdit:focus, QInputDialog QLineEdit:focus {{ border-color: {c["accent"]}; }}
            QInputDialog QAbstractSpinBox {{ background: {c["base"]}; border-radius: 4px; border: 1px solid {c["strong"]};
                         padding: 4px 6px; }}
            QInputDialog QAbstractSpinBox::up-button, QInputDialog QAbstractSpinBox::down-button {{ width: 0px; border: none; }}
            QInputDialog QAbstractSpinBox:focus {{ border-color: {c["accent"]}; }}
            QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{ background: transparent; border: none; padding: 0px; }}
            QFileDialog QToolButton {{ background: transparent; border: none; border-radius: 4px; padding: 4px; }}
            QFileDialog QToolButton:hover {{ background: {c["accentsoft"]}; }}
            QMessageBox QLabel#qt_msgbox_label {{ font-size: 14px; font-weight: 700; }}
            QDialogButtonBox QPushButton {{ background: {c["base"]}; color: {c["text"]}; border: 1px solid {c["strong"]};
                         border-radius: 5px; padding: 6px 14px; min-width: 52px; }}
            QDialogButtonBox QPushButton:hover {{ background: {c["accentsoft"]}; }}
            QDialogButtonBox QPushButton:default {{ background: {c["accent"]}; color: {c["onaccent"]};
                         border-color: {c["accent"]}; font-weight: 700; }}
            QDialogButtonBox QPushButton:focus {{ border: 2px solid {c["text"]}; padding: 5px 13px; }}
            QDialogButtonBox QPushButton:disabled {{ background: {c["panel"]}; color: {c["disabled"]};
                         border-color: {c["border"]}; }}
            QTableWidget {{ outline: 0; }}
            QTableWidget::item:selected {{ background: {c["accentsoft"]}; color: {c["text"]}; }}
            QTabBar {{ background: {c["panel"]}; qproperty-drawBase: 0; widget-animation-duration: 0; /* see tab_tearing */ }}
            QTabBar::tear {{ width: 0px; border: none; image: none; }}
            QTabBar::tab {{ background: transparent; color: {c["text2"]}; padding: 0px 12px; height: 26px; border: none;
                            border-bottom: 2px solid transparent; }}
            QTabBar::tab:hover {{ color: {c["text"]}; }}
            QTabBar::tab:selected {{ color: {c["text"]}; font-weight: 700; border-bottom: 2px solid {c["accent"]}; }}
            """


_theme: Theme | None = None


def theme() -> Theme:
    """The current theme; one object for the life of the program."""
    global _theme
    if _theme is None:
        _theme = Theme()
    return _theme


class _SystemWatch(QObject):
    """Follows the system's light or dark while the choice is "system". Sees every event, so it is the one that keeps labels plain and
    gives Qt's file dialog, whoever opens it, our look."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # What is watched first: asking an event for its type costs far more, and there are tens of thousands of them in a start alone.
        if isinstance(watched, QLabel):
            if event.type() == QEvent.Type.Polish:
                make_plain(watched)
        elif isinstance(watched, QFileDialog):
            if event.type() == QEvent.Type.Show:
                from playground.ui.file_dialog import dress

                dress(watched)
        elif isinstance(watched, QApplication) and event.type() == QEvent.Type.ThemeChange and theme().choice == "system":
            apply(watched, "system")
        return False


def apply(app: QApplication, mode: str) -> None:
    """Set "light", "dark" or "system" for the whole program, at start or while it runs."""
    now = theme()
    now.choice = mode
    wanted = mode
    if mode == "system":
        wanted = "dark" if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"
    now._use(wanted)
    if not app.styleSheet() and app.style().name().lower() != "fusion":  # under a sheet a style has no name
        app.setStyle("Fusion")
    watch = app.findChild(_SystemWatch) or _SystemWatch(app)
    app.removeEventFilter(watch)  # every widget has its events now, and looking at them would take a quarter of the time
    app.setFont(now.font(12))
    app.setPalette(now.palette())
    app.setStyleSheet(now.sheet())
    app.installEventFilter(watch)
    for dialog in app.topLevelWidgets():
        if isinstance(dialog, QFileDialog):
            from playground.ui.file_dialog import recolor

            recolor(dialog)
    now.changed.emit()


#: Faces with Chinese letters in the order of preference; any other one serves as well.
CHINESE_FACES = (
    "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
)  # fmt: skip


@cache
def chinese_family() -> str:
    """An installed face with simplified Chinese letters, "" where there is none."""
    found = QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)
    return next((face for face in CHINESE_FACES if face in found), found[0] if found else "")


@lru_cache(None)
def _font(px: int, bold: bool, family: str, further: str) -> QFont:
    """further: the face for letters that the first one lacks; "" leaves the choice to the system."""
    font = QFont([family, further] if further else family)
    font.setPixelSize(px)
    font.setBold(bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


@lru_cache(None)
def _tinted(mode: str, name: str, part: float, over: str) -> QColor:
    top, ground = theme().color(name), theme().color(over)
    mixed = [round(part * a + (1 - part) * b) for a, b in zip(_rgb(top), _rgb(ground), strict=True)]
    return QColor(*mixed)


def _rgb(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()


@cache
def _drawn(name: str) -> str:
    """The file of an icon."""
    return (assets_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(2048)
def _pixmap(mode: str, name: str, px: int, token: str, ratio: float) -> QPixmap:
    svg = _drawn(name).replace(DRAWN_IN, theme().color(token).name())
    if px * ratio < 16:  # a stroke under one pixel fades
        svg = svg.replace('stroke-width="1.8"', f'stroke-width="{2.3 if px * ratio <= 13 else 2.0}"')
    side = math.ceil(px * ratio)
    made = QPixmap(QSize(side, side))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made
