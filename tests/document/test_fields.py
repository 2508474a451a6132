"""Fields that hold several numbers: what they accept, how they are stored, what they say."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

from playground.core import reference
from playground.core.fields import Flag, Real, Reals, Size, Whole, Wholes, fields_of, reals
from playground.core.points import Points, points
from playground.core.spec import Spec
from playground.document.settings import storable
from playground.errors import BadValue

WEIGHTS = Reals(low=0.0, high=10.0, most=3, off="equal", help="One number for each class.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Weighted(Spec):
    """A record with a list."""

    weights: tuple[float, ...] = reals((1.0, 0.25), low=0.0, high=10.0, most=3, help="One number for each class.")


@pytest.mark.parametrize("value", [(), (0.5,), [1, 2.5, 10]])
def test_a_list_of_numbers_is_made_a_tuple_of_floats(value):
    checked = WEIGHTS.check("weights", value)
    assert checked == tuple(map(float, value))
    assert all(type(number) is float for number in checked)
    assert WEIGHTS.load("weights", json.loads(json.dumps(WEIGHTS.dump(checked), allow_nan=False))) == checked


@pytest.mark.parametrize(
    "value",
    [None, "1", 1.0, (True,), ("1",), (math.nan,), (-math.inf,), (-0.1,), (10.5,), (1.0,) * 4, ((1.0,),), {1.0: 2}, {1.0}],
)
def test_anything_else_is_refused_with_the_range(value):
    with pytest.raises(BadValue, match=r"^Weights must be 0 to 3 numbers in 0 to 10; .* was given\.$"):
        WEIGHTS.check("weights", value)


@pytest.mark.parametrize(
    ("field", "value", "good"),
    [
        (WEIGHTS, (-1.0, 99, 3, 4), (0.0, 10.0, 3.0)),
        (WEIGHTS, (math.nan,), None),
        (Reals(least=2, most=4, help="Two."), (1.0,), None),
        (Real(low=0.0, high=2.0, help="One."), 5, 2.0),
        (Real(low=0.0, high=2.0, help="One."), "5", None),
        (Whole(low=1, high=9, help="One."), -3.2, 1),
        (Size(low=1, high=9, help="Two."), (0, 99), (1, 9)),
        (Size(low=1, high=9, help="Two."), (3,), None),
        (Wholes(low=0, high=9, most=2, help="Some."), (1, -1, 4), (1, 0)),
        (Wholes(low=0, high=9, most=2, help="Some."), (), None),
        (Flag(help="Yes."), 1, None),
    ],
    ids=str,
)
def test_the_nearest_good_value_is_taken_by_the_field(field, value, good):
    assert field.nearest(value) == good
    with pytest.raises(BadValue):
        field.check("it", value)
    if good is not None:
        assert field.check("it", good) == good


def test_a_list_can_be_required():
    field = Reals(least=2, most=4, help="At least two.")
    assert () in field.wrong()
    with pytest.raises(BadValue, match="2 to 4 numbers"):
        field.check("drops", (1.0,))


def test_a_project_holds_numbers_out_of_range_but_no_other_type():
    assert storable(WEIGHTS, "weights", [99, 1.5]) == (99.0, 1.5)
    for value in ("text", [None], [math.nan], [[1.0]], [True]):
        with pytest.raises(BadValue):
            storable(WEIGHTS, "weights", value)


def test_the_reference_shows_numbers_and_range():
    assert reference.shown((1.0, 0.25)) == "1, 0.25"
    assert reference.shown(()) == "empty"
    assert reference.span(WEIGHTS) == "up to 3 numbers, 0 to 10"
    assert reference.span(fields_of(Weighted)["weights"]) == "up to 3 numbers, 0 to 10"


CURVE = Points(low=0.0, high=1.0, most=4, help="A curve.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curved(Spec):
    """A record with a curve."""

    points: tuple[tuple[float, float], ...] = points(((0.0, 1.0), (1.0, 0.25)), most=4, help="A curve.")


@pytest.mark.parametrize("value", [((0.0, 1.0), (1.0, 0.0)), [[0, 1], [0.5, 0.5], [1, 0]], ((0.9, 0.1), (0.2, 0.3))])
def test_points_are_sorted_from_left_to_right(value):
    checked = CURVE.check("points", value)
    assert checked == tuple(sorted((float(x), float(y)) for x, y in value))
    assert CURVE.load("points", json.loads(json.dumps(CURVE.dump(checked), allow_nan=False))) == checked
    assert hash(Curved(points=checked)) == hash(Curved(points=checked))


@pytest.mark.parametrize(
    "value", [*CURVE.wrong(), {0.0: 1.0}, ((0.0, 1.0), (0.5, 1.0, 2.0)), ((0.0, True), (1.0, 0.0)), ((0.3, 1.0), (0.3, 0.5))]
)
def test_anything_but_points_within_the_axes_is_refused(value):
    with pytest.raises(BadValue, match=r"^Points must .* was given\.$"):
        CURVE.check("points", value)
    with pytest.raises(BadValue):
        storable(CURVE, "points", value)


def test_the_reference_shows_points_and_axes():
    assert reference.shown(Curved().points) == "(0, 1), (1, 0.25)"
    assert reference.span(CURVE) == "2 to 4 points, x 0 to 1, y 0 to 1"
