"""From a project to the engine's graph, or to the problems that say why not. The only place where document and engine meet.

`inspect` is cheap and never raises: the window calls it at every edit. `fits` answers while a wire is dragged. `lower` is what
training and exports call.
"""

from playground.lowering.inspection import Inspection, inspect
from playground.lowering.lower import Refused, lower
from playground.lowering.lowered import KnobInfo, Lowered
from playground.lowering.schedule import warmed
from playground.lowering.ties import Tie, tie_of
from playground.lowering.wires import fits

__all__ = ["Inspection", "KnobInfo", "Lowered", "Refused", "Tie", "fits", "inspect", "lower", "tie_of", "warmed"]
