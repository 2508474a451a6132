"""The Python API: the project of the canvas in a few lines, and everything that the command line does with it.

`playground` hands these names on, so that a script reads `import playground as pg; pg.Project.chain(...)`.
"""

from playground.api.own_layers import add_to_palette
from playground.api.parts import dataset, initializer, layer, loss, optimizer, penalty, schedule
from playground.api.project import Project
from playground.api.replaying import replay

__all__ = ["Project", "add_to_palette", "dataset", "initializer", "layer", "loss", "optimizer", "penalty", "replay", "schedule"]
