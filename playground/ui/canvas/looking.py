"""Which part of the canvas is seen: fitting a new project, keeping what is made in view, blocks and back, laying out, the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize

from playground.document.arranging import Size
from playground.ui.canvas.gliding import Glide
from playground.ui.canvas.minimap import Minimap
from playground.ui.canvas.zoom_view import MARGIN

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

LEAST_FOR_MAP = 400


class CanvasLooking:
    """Moves the view. fresh: the project is new here, so it is fitted when it is first seen."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self.map = Minimap(view)
        self.glide = Glide(view)
        self.map_wanted = True
        self._fitted = 0.0  # the zoom that a change of the view's size gave; 0 for one that a person chose
        self._most = 1.0  # the zoom before that
        self.fresh = bool(view.session.view.network.nodes)
        self._stands: tuple[str, ...] = ()
        self._looked_at: dict[tuple[str, ...], tuple[float, QPointF]] = {}

    def fit_fresh(self) -> None:
        """Show all of a project that was not seen before."""
        view = self.view
        if not self.fresh or not view.isVisible():
            return
        if not view.canvas.nodes:
            self.fresh = False  # the first node stays where it is put
            view.zoom_about(1.0, QPointF())
            view.centerOn(QPointF())
            return
        view.zoom_to_fit(most=1.0)
        if self._data_known():
            self.fresh = False  # sizes depend on the data: only now they are final
            self._part_example()

    def renew(self) -> None:
        """Another project: the next picture of it is zoomed to fit."""
        self.fresh = True

    def _data_known(self) -> bool:
        """Whether the samples are those of this project, or there are none to wait for."""
        session = self.view.session
        there = session.samples is not None and not session.loading
        return there or bool(session.samples_error) or not session.project.network.of_kind("dataset")

    def _part_example(self) -> None:
        """A project made without a canvas has its nodes on one point, and an example lacks the pictures' sizes: where nodes overlap
        it is laid out, which is no edit of the person's."""
        bodies = [item.body().translated(item.pos()) for item in self.view.canvas.nodes.values()]
        overlap = any(body.intersects(other) for k, body in enumerate(bodies) for other in bodies[k + 1 :])
        unplaced = len(bodies) > 1 and len({node.position for node in self.view.session.view.network.nodes}) == 1
        if self.view.session.scope.path:
            return
        if unplaced or (overlap and self.view.session.path is None):
            self.view.session.place(self.view.commands.tidy_places(self._room()))
            self.view.zoom_to_fit(most=1.0)

    def resized(self, before: QSize) -> None:
        """Keep everything in view where everything was; after the view was small, go back to what it was fitted to."""
        view = self.view
        if self.fresh or not view.canvas.nodes or not before.isValid() or not view.isVisible():
            return
        all_seen = view.mapToScene(QRect(QPoint(0, 0), before)).boundingRect().contains(view.world())
        if all_seen and (not view.shows_all() or view.zoom == self._fitted):
            self._most = self._most if view.zoom == self._fitted else view.zoom
            view.zoom_to_fit(most=self._most)
            self._fitted = view.zoom
        elif view.zoom != self._fitted:
            self._fitted = 0.0

    def change_scope(self) -> None:
        """Another network is on the canvas: show all of a block that was opened, of the others what was seen of them before."""
        view = self.view
        path = view.session.scope.path
        deeper = len(path) > len(self._stands)
        self._looked_at[self._stands] = view.zoom, view.visible().center()
        self._stands = path
        view.show_project()
        if deeper or path not in self._looked_at:
            view.zoom_to_fit(most=1.0)
        else:
            zoom, centre = self._looked_at[path]
            view.zoom_about(zoom, QPointF(view.viewport().rect().center()))
            view.centerOn(centre)

    def reveal(self, ids: tuple[str, ...]) -> None:
        """Bring items into view, clear of the map."""
        view = self.view
        items = [item for id in ids if (item := view.canvas.item_of(id)) is not None]
        bounds = QRectF()
        for item in items:
            bounds |= item.sceneBoundingRect()
        seen = view.visible()
        if bounds.width() > seen.width() or bounds.height() > seen.height():
            view.zoom_to_fit(most=1.0)
        elif items:
            if not seen.contains(bounds):
                view.ensureVisible(bounds, 40, 40)
            self._uncover(view.mapFromScene(bounds).boundingRect())

    def _uncover(self, shown: QRect) -> None:
        """Move the view so that the map lies over nothing of a part of it: up or to the left, whichever is less."""
        over = self.map.geometry().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        if self.map.isHidden() or not over.intersects(shown):
            return
        up, left = shown.bottom() - over.top() + 1, shown.right() - over.left() + 1
        may_up, may_left = shown.top() - up >= MARGIN, shown.left() - left >= MARGIN
        if may_up and (up <= left or not may_left):
            self.view.pan(0, up)
        elif may_left:
            self.view.pan(left, 0)

    def tidy(self) -> None:
        """Lay everything out in reading order, in as many rows as show it largest; nodes glide there."""
        self.glide.finish()
        before = self.view.canvas.positions()
        self.view.commands.tidy(self._room())
        self.view.zoom_to_fit(most=1.0)
        self.glide.start(before)

    def add_frame(self, at: QPointF | None = None) -> None:
        """A frame round the selection, or from a point of the scene or in the middle of the view, open for its title."""
        room = QRectF(0, 0, 320, 200)
        if at is None:
            room.moveCenter(self.view.visible().center())
        else:
            room.moveTopLeft(at)
        made = self.view.commands.frame(room)
        if made in self.view.canvas.notes:
            self.view.naming.edit(self.view.canvas.notes[made])

    def zoom_to_selection(self) -> None:
        """Show what is selected as large as it goes, at most at 150 %; everything where nothing is selected."""
        view = self.view
        bounds = QRectF()
        for id in view.session.selection:
            item = view.canvas.item_of(id)
            if item is not None:
                bounds |= item.sceneBoundingRect()
        if bounds.isNull():
            view.zoom_to_fit()
            return
        room = view.viewport().rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        zoom = min(room.width() / bounds.width(), room.height() / bounds.height(), 1.5)
        view.zoom_about(zoom, QPointF(view.viewport().rect().center()))
        view.centerOn(bounds.center())

    def _room(self) -> Size:
        port = self.view.viewport()
        return max(480.0, port.width()), max(240.0, port.height())

    def show_map(self, on: bool) -> None:
        """Show or hide the map."""
        self.map_wanted = on
        self.place_map()

    def place_map(self) -> None:
        """In the lower right corner; in a low view it would lie over nodes, so it stays away."""
        view, map = self.view, self.map
        map.move(view.width() - map.width() - 10, view.height() - map.height() - 10)
        map.setVisible(self.map_wanted and bool(view.canvas.nodes) and view.height() >= LEAST_FOR_MAP)
