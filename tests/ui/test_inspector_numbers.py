"""Numbers as text and as slider positions."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.core import registry
from playground.core.fields import Real, Whole, fields_of
from playground.errors import BadValue
from playground.ui.inspector import numbers

RATE = Real(low=0.0, high=100.0, log=True, off="Off", help="")
SHARE = Real(low=0.0, high=0.95, help="")
UNITS = Whole(low=1, high=65_536, log=True, help="")
SLIDING = [
    (f"{cls.kind} {cls.id} {name}", field)
    for kind in registry.kinds()
    for cls in registry.entries(kind)
    for name, field in fields_of(cls).items()
    if isinstance(field, Real | Whole) and numbers.slides(field)
]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (RATE, 0.0, "Off"), (RATE, 1e-4, "1e-4"), (RATE, 1.0, "1.0"), (RATE, 0.0112, "0.0112"), (RATE, 3.25e-7, "3.25e-7"),
        (SHARE, 0.2, "0.20"), (SHARE, 0.0, "0.00"), (SHARE, 0.123456, "0.123456"), (UNITS, 64, "64"),
        (Real(low=1.0, high=1e6, log=True, help=""), 1e4, "10000"), (Real(low=1.0, high=1e6, log=True, help=""), 1234.5, "1234.5"),
    ],
)  # fmt: skip
def test_values_read_as_in_the_design_and_back(field: Real | Whole, value: float, text: str) -> None:
    assert numbers.shown(field, value) == text
    assert numbers.read(field, "n", text) == value


@pytest.mark.parametrize("text", ["", "abc", "1e999", "nan", "inf", "1.2", "-0.1"])
def test_what_is_no_share_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(BadValue, match=r"0 to 0\.95"):
        numbers.read(SHARE, "rate", text)


def test_a_comma_is_a_decimal_mark_in_a_real_and_a_separator_in_a_whole_number() -> None:
    assert numbers.read(SHARE, "rate", "0,25") == 0.25
    assert numbers.read(UNITS, "units", "1,024") == 1024
    assert str(numbers.read(SHARE, "share", "-0")) == "0.0", "minus zero is zero"
    with pytest.raises(BadValue):
        numbers.read(UNITS, "units", "1,5")  # not fifteen
    assert numbers.read(RATE, "rate", "−0") == 0.0


@pytest.mark.parametrize(("name", "field"), SLIDING, ids=[name for name, _ in SLIDING])
def test_every_slider_of_the_catalogue_reaches_both_ends_and_never_falls(name: str, field: Real | Whole) -> None:
    values = [numbers.value_at(field, k) for k in range(0, numbers.TICKS + 1, 4)]
    assert values[0] == field.low
    assert values[-1] == pytest.approx(field.high, rel=1e-9)
    assert all(a <= b for a, b in itertools.pairwise(values))
    for value in values:
        field.check("n", value)


@given(st.sampled_from([RATE, SHARE, UNITS]), st.integers(0, numbers.TICKS))
def test_a_slider_stays_where_it_was_put(field: Real | Whole, position: int) -> None:
    value = numbers.value_at(field, position)
    back = numbers.value_at(field, numbers.place(field, value))
    assert back == pytest.approx(value, rel=0.03, abs=1e-12) or (
        isinstance(field, Whole) and abs(back - value) <= max(1, 0.02 * value)
    )


@pytest.mark.parametrize("field", [Real(help=""), Real(low=0.0, help=""), Whole(help=""), Whole(low=1, high=1, help="")])
def test_a_range_without_two_ends_has_no_slider(field: Real | Whole) -> None:
    assert not numbers.slides(field)


@pytest.mark.parametrize(
    ("field", "words"),
    [(SHARE, "0 to 0.95"), (Real(low=0.0, help=""), "at least 0"), (Real(high=3.0, help=""), "at most 3"), (Real(help=""), "any number"),
     (Whole(low=1, help=""), "at least 1"), (UNITS, "1 to 65,536")],
)  # fmt: skip
def test_a_range_is_told_in_a_few_characters(field: Real | Whole, words: str) -> None:
    assert numbers.bounds(field) == words


def test_numbers_that_are_not_finite_are_shown_as_they_are() -> None:
    assert numbers.shown(Real(help=""), math.inf) == "inf"
