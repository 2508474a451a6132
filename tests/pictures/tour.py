"""Films the tour of the README from the real window: `python -m tests.pictures.tour` writes assets/pictures/tour.webp anew.

A pointer opens the first lesson's network, drags a layer onto a wire, trains, turns the rate while it trains, goes back on the curve,
forks there and compares. Every act is an event to the widget under the pointer; nothing is drawn but the pointer itself.
It needs no display and takes about a minute.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QApplication, QWidget

from playground.document.edits import SetPlan
from playground.ui import theme, turns
from playground.ui.action_button import ActionButton
from playground.ui.dialogs.lesson_cards import LessonCard
from playground.ui.documents import Documents
from playground.ui.kinds import MIME, kinds
from playground.ui.lessons.coach import coach_of
from playground.ui.lessons.progress import lessons
from playground.ui.measure.stage import Stage, own_home, spin, stage, until
from playground.ui.panels.loss import LossPanel
from playground.ui.steering.travel import travels_of
from tests.ui.synthetic import mouse, port

PATH = Path(__file__).resolve().parents[2] / "assets" / "pictures" / "tour.webp"
SIZE, FILMED = (1280, 800), (960, 600)
MOST_BYTES = 2_500_000
FRAME_MS = 110
SLOW = 150.0  # steps a second

LEFT, NONE, PLAIN = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
ARROW = QPolygonF([QPointF(*at) for at in ((0, 0), (0, 17), (4, 13.4), (6.8, 19.6), (9.4, 18.4), (6.7, 12.4), (12, 12))])


class Film:
    """Frames of the window with a pointer over it."""

    def __init__(self, on: Stage) -> None:
        self.on, self.at = on, QPointF(640, 500)
        self.frames: list[Image.Image] = []
        self.times: list[int] = []
        self.held = False
        self.carried = ""

    def frame(self, ms: int = FRAME_MS) -> None:
        """One picture of the window as it is now, shown so long."""
        shot = self.on.window.grab()
        p = QPainter(shot)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.carried:
            p.setOpacity(0.85)
            p.setPen(QPen(theme.theme().color("accent"), 1))
            p.setBrush(theme.theme().color("base"))
            p.drawRoundedRect(QRectF(self.at.x() + 8, self.at.y() + 6, 74, 24), 4, 4)
            p.setFont(theme.theme().font(12, True))
            p.drawText(QRectF(self.at.x() + 8, self.at.y() + 6, 74, 24), int(Qt.AlignmentFlag.AlignCenter), self.carried)
            p.setOpacity(1.0)
        p.setPen(QPen(QColor("#FFFFFF"), 1.4))
        p.setBrush(QColor("#0B6E69" if self.held else "#1B1F24"))
        p.drawPolygon(ARROW.translated(self.at))
        p.end()
        image = shot.toImage().convertToFormat(QImage.Format.Format_RGB888)
        size = image.width(), image.height()
        picture = Image.frombuffer("RGB", size, bytes(image.constBits()), "raw", "RGB", image.bytesPerLine(), 1)
        picture = picture.resize(FILMED, Image.Resampling.BICUBIC, reducing_gap=2.0)
        if self.frames and picture.tobytes() == self.frames[-1].tobytes():
            self.times[-1] += ms
        else:
            self.frames.append(picture)
            self.times.append(ms)

    def hold(self, seconds: float) -> None:
        """Let the program run, filmed, for about so long."""
        for _ in range(max(1, round(seconds * 1000 / FRAME_MS))):
            spin(FRAME_MS / 1000)
            self.frame()

    def wait(self, true: Callable[[], bool], what: str, most: float = 12.0) -> None:
        """Film until something holds, at most so many seconds of film; what takes longer is waited for unfilmed."""
        for _ in range(round(most * 1000 / FRAME_MS)):
            if true():
                return
            self.hold(FRAME_MS / 1000)
        until(true, what)

    def glide(self, to: QPointF, steps: int = 7, tell: Callable[[QPointF], None] | None = None) -> None:
        """Move the pointer, slowly at both ends."""
        start = QPointF(self.at)
        for k in range(1, steps + 1):
            share = k / steps
            self.at = start + (to - start) * (share * share * (3 - 2 * share))
            if tell is not None:
                tell(self.at)
            else:
                self.send(QEvent.Type.MouseMove, LEFT if self.held else NONE)
            QApplication.processEvents()
            self.frame(45)

    def send(self, kind: QEvent.Type, held: Qt.MouseButton) -> None:
        """A mouse event to the widget under the pointer, or to the one that was pressed."""
        window = self.on.window
        target = self._pressed if self.held and self._pressed is not None else window.childAt(self.at.toPoint()) or window
        local = QPointF(target.mapFrom(window, self.at.toPoint())) if target is not window else self.at
        mouse(target, kind, local, held=held)
        if kind == QEvent.Type.MouseButtonPress:
            self._pressed = target

    _pressed: QWidget | None = None

    def press(self) -> None:
        self.send(QEvent.Type.MouseButtonPress, LEFT)
        self.held = True
        self.frame(120)

    def release(self) -> None:
        self.send(QEvent.Type.MouseButtonRelease, NONE)
        self.held, self._pressed = False, None
        QApplication.processEvents()
        self.frame(120)

    def click(self, widget: QWidget, at: QPointF | None = None) -> None:
        """Go to a widget, or a place in it, and click."""
        self.glide(self.place(widget, at))
        self.press()
        self.release()

    def place(self, widget: QWidget, at: QPointF | None = None) -> QPointF:
        """A place in a widget, or its middle, in the window's pixels."""
        inside = at.toPoint() if at is not None else widget.rect().center()
        return QPointF(widget.mapTo(self.on.window, inside))

    def drag_layer(self, id: str, title: str, start: QPointF, to: QPointF) -> None:
        """What a drag from the palette delivers to the canvas, filmed."""
        canvas = self.on.window.canvas.viewport()
        found = next(kind for kind in kinds() if kind.spec.kind == "layer" and kind.spec.id == id)
        mime = QMimeData()
        mime.setData(MIME, found.mime())
        copy = Qt.DropAction.CopyAction
        self.glide(start)
        self.held, self.carried = True, title
        entered = False

        def tell(at: QPointF) -> None:
            nonlocal entered
            local = canvas.mapFrom(self.on.window, at.toPoint())
            if canvas.rect().contains(local):
                kind = QDragMoveEvent if entered else QDragEnterEvent
                QApplication.sendEvent(canvas, kind(local, copy, mime, LEFT, PLAIN))
                entered = True

        self.glide(to, 12, tell)
        self.frame(350)
        local = QPointF(canvas.mapFrom(self.on.window, to.toPoint()))
        QApplication.sendEvent(canvas, QDropEvent(local, copy, mime, LEFT, PLAIN))
        self.held, self.carried = False, ""

    def save(self, path: Path) -> None:
        """Raises ValueError if the film is too large for a page."""
        first, *rest = self.frames
        first.save(path, save_all=True, append_images=rest, duration=self.times, loop=0, quality=40, method=4)
        size = path.stat().st_size
        print(f"{path.name}: {len(self.frames)} pictures, {sum(self.times) / 1000:.0f} s, {size:,} bytes")
        if size > MOST_BYTES:
            raise ValueError(f"{path.name} must have at most {MOST_BYTES:,} bytes; it has {size:,}.")


def button(on: Stage, action: str) -> QWidget:
    """The button of an action that can be seen."""
    made = on.window.actions_made[action]
    return next(one for one in on.window.findChildren(ActionButton) if one.isVisible() and one.action_shown is made)


def play(film: Film) -> None:
    """The whole tour."""
    on = film.on
    window, session = on.window, on.session
    window.show_start()
    film.hold(1.2)
    card = next(one for one in window.findChildren(LessonCard) if one.lesson is lessons()[0])
    film.click(card)
    until(lambda: session.samples is not None and session.ready, "the data")
    until(window.canvas.shows_all, "the whole network in view")
    film.hold(1.6)

    coach = coach_of(window)
    coach.leave()
    canvas = window.canvas
    names = [node.name for node in session.project.network.nodes]
    assert {"dense2", "dense3"} <= set(names), names
    begin, end = (film.place(canvas.viewport(), port(canvas, name, side)) for name, side in (("dense2", "out"), ("dense3", "in")))
    palette = window.layouts.docks["palette"].make()
    film.drag_layer("tanh", "Tanh", film.place(palette, QPointF(60, palette.height() * 0.6)), (begin + end) / 2)
    film.hold(1.2)

    session.run.set_speed(SLOW)
    film.click(button(on, "train"))
    until(lambda: session.client.step > 0, "the first step")
    window.canvas.zoom_to_fit(most=1.0)
    film.hold(4.0)
    session.do(SetPlan("training", "optimizer.rate", 0.03))
    film.hold(3.0)
    film.wait(lambda: session.client.step >= 1300, "step 1,300", 4.0)
    session.pause()
    until(lambda: session.client.state == "paused", "the pause")

    plot = next(one for one in window.findChildren(LossPanel) if one.isVisible()).plot
    film.click(plot, QPointF(plot.width() * 0.2, plot.height() * 0.5))
    film.hold(0.8)
    travels_of(session).fork()
    until(lambda: session.client.state == "paused" and session.client.step < 1300, "the fork")
    film.hold(0.6)
    session.do(SetPlan("training", "optimizer.rate", 0.005))
    session.resume()
    film.hold(4.0)
    session.run.set_speed(0)
    film.wait(lambda: session.run.state == "finished", "the end", 2.0)
    window.show_layout("compare")
    film.hold(2.5)


def main() -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    Documents.may_leave = lambda self: True  # type: ignore[method-assign]  # nobody is there to answer
    with own_home(), stage() as on:
        theme.apply(on.app, "light")
        on.window.resize(*SIZE)
        turns.FREE_SHARE = turns.CROWDED_SHARE = (
            100.0  # the camera works in the window's thread, and must not cost the panels their turns
        )
        film = Film(on)
        play(film)
        film.save(PATH)
    return 0


if __name__ == "__main__":
    sys.exit(main())
