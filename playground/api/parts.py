"""Catalogue records by their ids, checked at once: `layer("dense", units=64)`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from playground.core import registry
from playground.core.fields import Field, Part, Size, fields_of
from playground.core.fields import Path as PathField
from playground.core.spec import Dataset, Initializer, Layer, Loss, Optimizer, Penalty, Schedule, Spec
from playground.data.readers.places import pick
from playground.errors import BadValue

S = TypeVar("S", bound=Spec)


def make(kind: str, id: str, settings: dict[str, Any]) -> Spec:
    """A record with its settings. Raises UnknownKind or BadValue with what there is instead."""
    cls = registry.find(kind, id)
    fields = fields_of(cls)
    unknown = [name for name in settings if name not in fields]
    if unknown:
        known = ", ".join(fields) or "no settings"
        raise BadValue(f"{cls.title} has no setting called {', '.join(unknown)}; it has {known}.")
    return cls(**{name: fields[name].check(name, meant(fields[name], value)) for name, value in settings.items()})


def meant(field: Field, value: Any) -> Any:
    """What scripts write in short: one number for a height and a width, an id for a record as it comes."""
    if isinstance(field, PathField) and isinstance(value, str) and Path(value).is_absolute():
        pick(value)  # whoever writes it into a script has chosen it
    if isinstance(field, Size) and isinstance(value, int):
        return (value, value)
    return make(field.kind, value, {}) if isinstance(field, Part) and isinstance(value, str) else value


def dataset(id: str, **settings: Any) -> Dataset:
    """Where samples come from: `dataset("digits")`, `dataset("moons", noise=0.2)`."""
    return _as(Dataset, make("dataset", id, settings))


def layer(id: str, **settings: Any) -> Layer:
    """A layer: `layer("dense", units=64)`."""
    return _as(Layer, make("layer", id, settings))


def penalty(id: str, **settings: Any) -> Penalty:
    """What is asked of the weights themselves: `penalty("l1", strength=0.01)`."""
    return _as(Penalty, make("penalty", id, settings))


def loss(id: str, **settings: Any) -> Loss:
    """What training makes small: `loss("cross_entropy")`."""
    return _as(Loss, make("loss", id, settings))


def optimizer(id: str, **settings: Any) -> Optimizer:
    """How a step changes the weights: `optimizer("adam", rate=0.01)`."""
    return _as(Optimizer, make("optimizer", id, settings))


def schedule(id: str, **settings: Any) -> Schedule:
    """How the learning rate moves: `schedule("cosine")`."""
    return _as(Schedule, make("schedule", id, settings))


def initializer(id: str, **settings: Any) -> Initializer:
    """Where weights start: `layer("dense", start=initializer("xavier_uniform"))`."""
    return _as(Initializer, make("initializer", id, settings))


def _as(wanted: type[S], spec: Spec) -> S:
    assert isinstance(spec, wanted)
    return spec
