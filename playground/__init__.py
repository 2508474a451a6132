"""A visual desktop playground for neural networks, and the same in a few lines of Python.

    import playground as pg

    project = pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=16), pg.layer("relu"), pg.layer("dense", units=3))
    print(project.train(epochs=40))
    project.export("iris.onnx")

Names are found on first use, so that importing the package costs nothing and loads neither Qt nor a compiler.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.api import Project as Project
    from playground.api import add_to_palette as add_to_palette
    from playground.api import dataset as dataset
    from playground.api import initializer as initializer
    from playground.api import layer as layer
    from playground.api import loss as loss
    from playground.api import optimizer as optimizer
    from playground.api import penalty as penalty
    from playground.api import replay as replay
    from playground.api import schedule as schedule

__version__ = "0.1.0"

#: The Python API; `playground.api` defines it.
__all__ = [
    "Project",
    "__version__",
    "add_to_palette",
    "dataset",
    "initializer",
    "layer",
    "loss",
    "optimizer",
    "penalty",
    "replay",
    "schedule",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("playground.api"), name)
    raise AttributeError(f"module 'playground' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
