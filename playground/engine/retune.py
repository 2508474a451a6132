"""A plan under other numbers: the same programs in the same places, other starts of the knobs."""

from __future__ import annotations

import dataclasses

import numpy as np

from playground.engine.graph import Graph
from playground.engine.plan import Plan, knobs_of
from playground.engine.rule import UpdateRule


def retuned(plan: Plan, graph: Graph, update: UpdateRule) -> Plan | None:
    """The plan of another graph and rule for the same batch and samples; None where it would have other programs or places."""
    if plan.update is None or not same_programs(plan.graph, graph) or _bare(plan.update) != _bare(update):
        return None
    names, start = knobs_of(graph, update)
    if names != plan.layout.knob_index:
        return None
    return dataclasses.replace(plan, graph=graph, update=update, knob_start=start)


def same_programs(one: Graph, other: Graph) -> bool:
    """Whether both graphs are made of the same ops over the same tensors; their knobs may start at other numbers."""
    if one != other:
        return False
    return all(np.array_equal(a.array, b.array) for a, b in zip(one.constants, other.constants, strict=True))


def _bare(update: UpdateRule) -> UpdateRule:
    """Without the numbers that are knobs; which layers have factors is in the knobs' names."""
    averaging = None if update.averaging is None else dataclasses.replace(update.averaging, decay=0.0)
    return dataclasses.replace(
        update,
        numbers={},
        clip=0.0,
        clip_value=0.0,
        rate_factors={},
        decay_factors={},
        penalty_numbers={},
        averaging=averaging,
        accumulate=min(update.accumulate, 2),  # how many more is a number in a register
    )
