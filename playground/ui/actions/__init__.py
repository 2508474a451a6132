"""Everything that the window can do, in one table that is put together from the files of this package."""

from playground.ui.actions.base import MENUS, Action, Test, obstacle
from playground.ui.actions.table import ACTIONS, ActionSet, action_set_of, placed, tooltip

__all__ = ["ACTIONS", "MENUS", "Action", "ActionSet", "Test", "action_set_of", "obstacle", "placed", "tooltip"]
