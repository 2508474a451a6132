"""Every data set of the catalogue, by registry and examples; none is named here."""

from __future__ import annotations

import numpy as np
import pytest

from playground.core import registry
from playground.core.fields import fields_of
from playground.core.spec import Dataset
from playground.data.describe import describe
from playground.data.prepare import prepare
from playground.errors import FileError
from playground.paths import assets_dir

DATASETS: list[type[Dataset]] = list(registry.entries("dataset"))
EXAMPLES = [
    pytest.param(record, settings, shapes, id=f"{record.id}-{name}")
    for record in DATASETS
    for name, settings, shapes in record.examples
]


@pytest.mark.parametrize(("record", "settings", "shapes"), EXAMPLES)
def test_an_example_loads_as_it_says(record: type[Dataset], settings: dict, shapes: tuple) -> None:
    samples = record(**settings).load()
    assert (samples.x.shape, samples.y.shape) == shapes
    assert samples.x.dtype == np.float32
    assert np.isfinite(samples.x).all()
    if samples.task == "classification":
        assert samples.y.dtype == np.int64
        assert np.unique(samples.labels()).tolist() == list(range(samples.classes))
        assert samples.classes >= 2
        assert all(samples.class_names)
    else:
        assert samples.task == "regression"
        assert samples.y.dtype == np.float32
        assert np.isfinite(samples.y).all()
        assert len(samples.target_names) == samples.y.shape[1]
    if samples.tokens:
        assert samples.feature_names == ()
        assert np.array_equal(samples.x, np.floor(samples.x))
        assert 0 <= samples.x.min() <= samples.x.max() < samples.tokens
    elif len(samples.shape) == 1:
        assert len(samples.feature_names) == samples.shape[0]


@pytest.mark.parametrize(("record", "settings", "shapes"), EXAMPLES)
def test_two_loads_are_equal_and_another_seed_is_not(record: type[Dataset], settings: dict, shapes: tuple) -> None:
    first, second = record(**settings).load(), record(**settings).load()
    assert first.x.tobytes() == second.x.tobytes()
    assert first.y.tobytes() == second.y.tobytes()
    random = settings.get("noise", 1) or "noise" not in fields_of(record)
    if "seed" in fields_of(record) and random:
        other = record(**{**settings, "seed": 12345}).load()
        assert other.x.tobytes() + other.y.tobytes() != first.x.tobytes() + first.y.tobytes()


@pytest.mark.parametrize(("record", "settings", "shapes"), EXAMPLES)
def test_an_example_can_be_prepared_and_described(record: type[Dataset], settings: dict, shapes: tuple) -> None:
    samples = record(**settings).load()
    found = prepare(samples, validation=0.2, test=0.1)
    assert found.validation is not None
    assert found.test is not None
    assert found.train.count + found.validation.count + found.test.count == samples.count
    assert np.isfinite(found.train.x).all()
    figures = describe(samples)
    assert figures.count == samples.count
    assert sum(count for _, count in figures.classes) == (len(samples.labels()) if samples.classes else 0)
    assert all(column.missing == 0 for column in figures.inputs)


@pytest.mark.parametrize("record", [pytest.param(record, id=record.id) for record in DATASETS if not record.examples])
def test_one_that_needs_a_file_asks_for_it(record: type[Dataset]) -> None:
    with pytest.raises(FileError, match="Choose one"):
        record().load()


@pytest.mark.parametrize("record", [pytest.param(record, id=record.id) for record in DATASETS])
def test_help_has_two_lines_and_the_palette_knows_where_it_goes(record: type[Dataset]) -> None:
    lines = [line.strip() for line in (record.__doc__ or "").splitlines() if line.strip()]
    assert len(lines) >= 2
    assert record.group == "Data"
    assert (assets_dir() / "icons" / f"{record.icon}.svg").is_file()
    assert 0 < len(record.tail) <= 30
