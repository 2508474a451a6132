"""Sequences in a network under construction: each mend, taken one after the other, leads to one that trains."""

from __future__ import annotations

from typing import Any

import pytest

from playground.core.registry import find
from playground.document.edits import AddLink, AddNode
from playground.document.project import Project
from playground.lowering import inspect, lower

BALANCED = ("dataset", "brackets", {"samples": 50})
DEPTH = ("dataset", "brackets", {"samples": 50, "answer": "depth", "steps": 12, "deepest": 3})
COUNTING = ("dataset", "counting", {"samples": 200, "numbers": 100})
ADDING = ("dataset", "adding_problem", {"samples": 50, "steps": 12})


def chain(*parts: tuple[str, str, dict[str, Any]], loss: str = "cross_entropy") -> Project:
    project, last = Project(), ""
    for kind, id, settings in (*parts, ("loss", loss, {})):
        edit = AddNode(find(kind, id)(**settings))
        project = edit.apply(project)
        project = AddLink(last, edit.id).apply(project) if last else project
        last = edit.id
    return project


def layer(id: str, **settings: Any) -> tuple[str, str, dict[str, Any]]:
    return "layer", id, settings


CASES = {
    "tokens into an LSTM": (
        (BALANCED, layer("lstm"), layer("dense")),
        ["Insert Embedding before lstm1", "Let lstm1 give its last state and set units of dense1 to 2"],
    ),
    "tokens into a convolution": (
        (BALANCED, layer("conv1d")),
        ["Insert Embedding before conv1", "Insert GlobalAveragePool and Dense with 2 units after conv1"],
    ),
    "an embedding that is too small": (
        (COUNTING, layer("embedding"), layer("gru"), layer("dense")),
        ["Set vocabulary of embedding1 to 100", "Set units of dense1 to 100"],
    ),
    "one answer where steps want theirs": (
        (COUNTING, layer("embedding", vocabulary=100), layer("gru", returns="last"), layer("dense")),
        ["Let gru1 give every step and set units of dense1 to 100"],
    ),
    "a recurrent layer at the end": (
        (BALANCED, layer("embedding"), layer("lstm")),
        ["Let lstm1 give its last state and insert Dense with 2 units after it"],
    ),
    "a recurrent layer at the end, steps": (
        (DEPTH, layer("embedding"), layer("simple_rnn")),
        ["Insert Dense with 4 units after simple_rnn1"],
    ),
    "the right count at every step": (
        (BALANCED, layer("embedding"), layer("lstm"), layer("dropout"), layer("dense", units=2)),
        ["Let lstm1 give its last state"],
    ),
    "attention between": (
        (BALANCED, layer("embedding"), layer("lstm"), layer("multi_head_attention"), layer("dense")),
        ["Insert GlobalAveragePool before dense1 and set its units to 2"],
    ),
    "amounts into a Transformer": (
        (ADDING, layer("dense", units=16), layer("transformer_encoder_block"), layer("dense")),
        ["Insert GlobalAveragePool before dense2 and set its units to 2"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_mends_lead_to_a_network_that_trains(case: str) -> None:
    parts, expected = CASES[case]
    project, taken = chain(*parts), []
    samples = project.network.of_kind("dataset")[0].spec.load()
    for _ in range(6):
        errors = [problem for problem in inspect(project, samples).problems if problem.severity == "error"]
        if not errors:
            break
        assert errors[0].mend is not None, errors[0].text
        taken.append(errors[0].mend.text)
        for edit in errors[0].mend.edits:
            project = edit.apply(project)
    assert taken == expected
    assert lower(project, samples).graph.loss is not None


def test_tokens_read_as_amounts_are_warned_of() -> None:
    project = chain(BALANCED, layer("dense", units=2))
    samples = project.network.of_kind("dataset")[0].spec.load()
    (problem,) = inspect(project, samples).problems
    assert problem.severity == "warning"
    assert problem.text.startswith("dense1 reads tokens as amounts")
    assert problem.mend.text == "Insert Embedding before dense1"
    kept = chain(BALANCED, layer("embedding"), layer("global_average_pool"), layer("dense", units=2))
    assert inspect(kept, samples).problems == []
