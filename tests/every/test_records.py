"""Every record can be saved and loaded, refuses bad settings by name, is documented, and keeps its id for ever."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from playground.core import reference, registry
from playground.core.fields import Choice, Part, fields_of
from playground.errors import BadValue, UnknownKind
from tests.every.catalogue import ASSETS, DATA, RECORDS, examples, records

SECTIONS = ("layer", "loss", "optimizer", "penalty", "schedule", "initializer", "metric")


@pytest.mark.parametrize("record", records())
def test_defaults_are_within_range(record):
    assert registry.problems(record()) == []


@pytest.mark.parametrize("record", records())
def test_a_default_record_survives_the_file(record):
    spec = record()
    assert registry.load(json.loads(json.dumps(registry.dump(spec), allow_nan=False)), record.kind) == spec


@pytest.mark.parametrize(("record", "settings", "shapes"), examples())
def test_an_example_survives_the_file(record, settings, shapes):
    spec = record(**settings)
    assert registry.problems(spec) == []
    again = registry.load(json.loads(json.dumps(registry.dump(spec), allow_nan=False)), record.kind)
    assert again == spec
    assert hash(again) == hash(spec)


@pytest.mark.parametrize("record", records())
def test_every_field_refuses_wrong_values_by_name(record):
    for name, field in fields_of(record).items():
        for value in field.wrong():
            with pytest.raises(BadValue, match=r"\.$") as refusal:
                field.check(name, value)
            assert field.title(name) in str(refusal.value)
            bad = dataclasses.replace(record(), **{name: value})
            assert [where for where, _ in registry.problems(bad)] == [name]


@pytest.mark.parametrize("record", records())
def test_a_bad_value_in_a_file_is_refused_by_name(record):
    dumped = registry.dump(record())
    for name, field in fields_of(record).items():
        if isinstance(field, Part):
            continue
        for value in field.wrong():
            with pytest.raises(BadValue) as refusal:
                registry.load({**dumped, "fields": {**dumped["fields"], name: value}})
            assert field.title(name) in str(refusal.value)
    with pytest.raises(UnknownKind, match="no_such_field"):
        registry.load({**dumped, "fields": {**dumped["fields"], "no_such_field": 1}})
    with pytest.raises(UnknownKind, match="newer"):
        registry.load({**dumped, "version": record.version + 1})


@pytest.mark.parametrize("record", records())
def test_records_of_every_earlier_version_are_read(record):
    """Where a version only brought fields, these take their defaults without a step of migration."""
    assert set(record.migrations) <= set(range(1, record.version))
    for version in range(1, record.version):
        read = registry.load({"kind": record.kind, "id": record.id, "version": version, "fields": {}})
        if not any(step >= version for step in record.migrations):
            assert read == record()


@pytest.mark.parametrize("record", records())
def test_help_is_complete(record):
    summary = record.summary()
    assert summary.endswith(".")
    assert not summary[0].islower()
    assert len(summary) <= 120
    for name, field in fields_of(record).items():
        assert field.help.endswith("."), name
        assert field.help[0].isupper(), name
        if field.when:
            for value in field.wanted:
                fields_of(record)[field.when[0]].check(field.when[0], value)
        if isinstance(field, Choice):
            assert all(meaning.endswith(".") for meaning in field.options.values()), name
    for text in (summary, *(field.help for field in fields_of(record).values())):
        assert "please" not in text.lower()
        assert "!" not in text


@pytest.mark.parametrize("record", records(*SECTIONS))
def test_the_reference_text_is_complete(record):
    assert "Shapes:" in (record.__doc__ or "")
    assert record.formula
    assert record.source
    assert record.examples
    page = reference.page(record)
    for name, field in fields_of(record).items():
        assert f"**{field.title(name)}**" in page
        assert field.help in page
    assert record.summary() in page


@pytest.mark.parametrize("record", records("dataset"))
def test_the_reference_text_of_data_is_complete(record):
    """Real data have no formula; what is computed says how."""
    assert "Shapes:" in (record.__doc__ or "")
    assert record.source
    assert record.formula or not fields_of(record).keys() & {"seed", "points"}


def axes_of(text: str) -> list[list[str]]:
    """What stands in brackets: "(samples, 2)" as ["samples", "2"]."""
    return [[axis.strip() for axis in found.split(",") if axis.strip()] for found in re.findall(r"\(([^()]*)\)", text)]


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("dataset"))
def test_data_have_the_shapes_that_their_reference_text_says(record, settings, shapes):
    said = re.search(r"Shapes: (inputs .*?); (targets .*?)\.", " ".join((record.__doc__ or "").split()))
    assert said is not None
    samples = record(**settings).load()
    for found, promised, text in zip((samples.x.shape, samples.y.shape), shapes, said.groups(), strict=True):
        assert found == promised
        assert any(
            len(axes) == len(found)
            and all(not axis.isdigit() or int(axis) == extent for axis, extent in zip(axes, found, strict=True))
            for axes in axes_of(text)
        ), (text, found)


@pytest.mark.parametrize("record", records("layer", "loss"))
def test_the_palette_has_a_group_and_a_tail(record):
    assert record.group
    assert record.tail
    assert len(record.tail) <= 24


@pytest.mark.parametrize("record", records())
def test_the_icon_exists_and_is_a_plain_drawing(record):
    assert record.icon
    root = ElementTree.parse(ASSETS / "icons" / f"{record.icon}.svg").getroot()
    assert root.get("viewBox") == "0 0 24 24"
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg",
        "path",
        "circle",
        "rect",
        "line",
        "polyline",
        "g",
    }


def test_example_names_are_unique():
    for record in RECORDS:
        names = [name for name, _, _ in record.examples]
        assert len(names) == len(set(names)), record


def test_no_id_was_ever_lost():
    """tests/data/ids.lock lists every id that a project file may hold. Add new ones to it; never take one out."""
    locked = set((DATA / "ids.lock").read_text().split("\n")) - {""}
    present = {f"{record.kind} {record.id}" for record in RECORDS}
    assert locked <= present, f"ids that old files may hold are gone: {sorted(locked - present)}"
    assert present <= locked, f"add these ids to tests/data/ids.lock: {sorted(present - locked)}"
