"""The sets of weights that a training leaves, by name: which there are, which is in use, and how a project file holds them.

    weights.safetensors         those in use, which earlier versions read alone
    weights/NAME.safetensors    another set that differs: raw, averaged or best

The header of each says which sets it is: alike ones are written once. One without a word of that is of no known kind.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from playground.document import weights as weights_file
from playground.errors import BadValue
from playground.words import sentence

#: Of the last step; their mean; of the best epoch, of the kind that the run evaluated with then.
RAW, AVERAGED, BEST = NAMES = ("raw", "averaged", "best")
#: Of no known kind: imported, or of a file by a version that kept one set.
PLAIN = ""
IN_USE = "weights.safetensors"
MEMBERS = {IN_USE: PLAIN, **{f"weights/{name}.safetensors": name for name in NAMES}}
#: Where the header of a file of weights says which sets it is.
MARK = "sets"

Arrays = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class WeightSets:
    """sets: name -> all parameters and running statistics of the network, by theirs."""

    sets: Mapping[str, Arrays] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, weights: WeightSets | Mapping[str, np.ndarray] | None) -> WeightSets:
        """Plain weights are one set of no known kind."""
        if isinstance(weights, WeightSets):
            return weights
        return cls({} if weights is None else {PLAIN: dict(weights)})

    def __bool__(self) -> bool:
        return any(self.sets.values())

    @property
    def differ(self) -> bool:
        """Whether there are raw and averaged ones to choose from."""
        return RAW in self.sets and AVERAGED in self.sets

    def get(self, name: str) -> Arrays | None:
        return self.sets.get(name)

    def used(self, averaged: bool) -> str:
        """The name of the set in use: the kind that is wanted, else what there is. averaged: `TrainingPlan.judges_averaged`."""
        order = (AVERAGED, RAW, PLAIN, BEST) if averaged else (RAW, PLAIN, AVERAGED, BEST)
        return next((name for name in order if name in self.sets), PLAIN)

    def chosen(self, averaged: bool) -> Arrays | None:
        """The set in use; None where there are no weights."""
        return self.sets.get(self.used(averaged)) or None

    def renamed(self, before: Mapping[str, str], after: Mapping[str, str]) -> WeightSets:
        """The same under the names that their nodes have now; see `weights.renamed`."""
        return WeightSets({name: weights_file.renamed(arrays, before, after) for name, arrays in self.sets.items()})


class Trained:
    """What holds the sets of weights of a training."""

    sets: WeightSets

    @property
    def averaged_weights(self) -> Arrays | None:
        """The mean of the weights; None where there is none."""
        return self.sets.get(AVERAGED)

    @property
    def best_weights(self) -> Arrays | None:
        """Those that the epoch with the best validation loss was evaluated with; None where they are not known."""
        return self.sets.get(BEST)


def to_members(weights: WeightSets, averaged: bool) -> dict[str, bytes]:
    """Member of the project file -> its bytes. averaged: as in `WeightSets.used`. Raises BadValue for what no file can hold."""
    used = weights.used(averaged)
    alike: list[list[str]] = []
    for name in sorted(weights.sets, key=lambda name: (name != used, name)):
        twins = next((names for names in alike if _same(weights.sets[names[0]], weights.sets[name])), None)
        if twins is None:
            alike.append([name])
        else:
            twins.append(name)
    return {
        IN_USE if names[0] == used else f"weights/{names[0]}.safetensors": weights_file.to_bytes(
            weights.sets[names[0]], {MARK: told} if (told := " ".join(sorted(filter(None, names)))) else None
        )
        for names in alike
    }


def from_member(member: str, data: bytes) -> tuple[tuple[str, ...], Arrays, list[str]]:
    """Which sets a member is, its arrays, and sentences about values that are not finite. Raises BadValue."""
    arrays, remarks = weights_file.from_bytes(data)
    told = weights_file.metadata(data).get(MARK, "")
    return tuple(name for name in told.split() if name in NAMES) or (MEMBERS[member],), arrays, remarks


def check_fits(arrays: Arrays, other: Arrays) -> None:
    """Raises BadValue where two sets are not of one network."""
    here, there = ({name: array.shape for name, array in one.items()} for one in (arrays, other))
    if here != there:
        names = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
        raise BadValue(sentence("their tensors are not those of the others, such as {name}.", name=names[0]))


def _same(one: Arrays, other: Arrays) -> bool:
    """Bit for bit."""
    return one.keys() == other.keys() and all(
        (a.dtype, a.shape) == (other[name].dtype, other[name].shape) and a.tobytes() == other[name].tobytes()
        for name, a in one.items()
    )
