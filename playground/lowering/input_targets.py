"""A loss that is wired to the data's inputs as its target, as in an autoencoder: whether these can be, as the data plan scales them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from playground.core.samples import Samples
from playground.core.spec import Loss
from playground.document.edits import ReplaceSpec, SetPlan
from playground.document.problems import LazyMends, Mend, Problem
from playground.document.project import Node, Project
from playground.lowering.flow import Flow
from playground.lowering.mends import made
from playground.lowering.passing import places
from playground.lowering.targets import UNSCALED, Target, step_is_there, unfit_numbers, wired_from
from playground.words import sentence

#: Scalings that a mend sets, the least change of the numbers first, and what it is called.
_SCALINGS = {"none": sentence("Leave inputs unscaled"), "unit": sentence("Scale inputs to 0 to 1")}


@dataclasses.dataclass(frozen=True)
class _Inputs:
    """What of the data's inputs comes to a loss, before any scaling. places: which of one sample's numbers."""

    samples: Samples
    places: np.ndarray

    def target(self) -> Target:
        """Raw, as a loss would compare with them."""
        x = self.samples.x
        rows = x.reshape(len(x), -1)[:, self.places.reshape(-1)].reshape(len(x), *self.places.shape)
        return Target(rows, None, True, step_is_there(self.samples, x, self.places))

    def two_values(self) -> bool:
        """Whether each number that comes is the least or the greatest of its column, so that 0 and 1 is all that "unit" makes of them."""
        x = self.samples.x
        axes = tuple(range(x.ndim - 1))
        low, high, column = x.min(axis=axes), x.max(axis=axes), self.places % x.shape[-1]
        target = self.target()
        ends = (target.values == low[column]) | (target.values == high[column])
        return bool((ends if target.there is None else ends[target.there]).all())


def input_target_problem(project: Project, samples: Samples, flow: Flow, node: Node, loss: Loss) -> Problem | None:
    """Inputs that this loss cannot be compared with, raw or as they are scaled; None where they fit or are not its target."""
    wire = next((link for link in flow.into[node.id] if link.port == 1), None)
    found = None if wire is None or loss.target not in UNSCALED or not samples.count else wired_from(flow, wire, "inputs")
    if found is None:
        return None
    given = _Inputs(samples, places(flow, found))
    scaling = "none" if samples.tokens else project.data.scaling
    if _fits(given, loss, scaling):
        return None
    if scaling == "none":
        text = sentence("{node} {why}.", node=node.name, why=unfit_numbers(given.target(), loss))
    else:
        text = sentence(
            "{node} is compared with the inputs and needs {unscaled} as they are, and the data plan scales inputs.",
            node=node.name,
            unscaled=UNSCALED[loss.target],
        )
    return Problem(text=text, node=node.id, mends=LazyMends(lambda: _mends(given, node, loss, scaling)))


def _fits(given: _Inputs, loss: Loss, scaling: str) -> bool:
    """Whether a loss can be compared with the inputs when they are scaled so."""
    if scaling == "none":
        return not unfit_numbers(given.target(), loss)
    if scaling == "unit" and loss.target == "binary":
        return loss.expects != "margin" or given.two_values()
    return False


def _mends(given: _Inputs, node: Node, loss: Loss, scaling: str) -> Iterator[Mend]:
    """Another scaling under which the inputs fit, or a loss of values, which takes them as they are scaled."""
    for word, text in _SCALINGS.items():
        if word != scaling and not given.samples.tokens and _fits(given, loss, word):
            yield Mend(text=text, edits=(SetPlan("data", "scaling", word),))
    better = made("loss", "mean_squared_error")
    yield Mend(text=sentence("Use {better}", better=sentence(better.title).lower()), edits=(ReplaceSpec(node.id, better),))
