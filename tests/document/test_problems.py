"""What keeps a project from training is said with the node and the field, and the mend mends it."""

from __future__ import annotations

import dataclasses
import itertools
import random
from typing import Any

import pytest

from playground.core import registry
from playground.core.fields import Part, Real, Whole, fields_of
from playground.core.spec import Spec
from playground.document import edits as e
from playground.document.problems import Mend, Problem, participants, remedies, structural_problems
from playground.document.project import Link, Network, Project
from playground.document.wiring import loops, ordered, port_names, variadic
from playground.errors import BadValue
from tests.document.making import a_project, stranger


def first(kind: str, ports: int = 1, many: bool = False) -> Spec:
    return next(
        c() for c in registry.entries(kind) if kind != "layer" or (len(port_names(c())) == ports and variadic(c()) == many)
    )


def whole() -> tuple[Project, dict[str, str]]:
    """Data, two layers and a loss, all wired."""
    made = {
        "data": e.AddNode(first("dataset")),
        "a": e.AddNode(first("layer"), name="a"),
        "b": e.AddNode(first("layer"), name="b"),
    }
    made["loss"] = e.AddNode(first("loss"), name="loss")
    ids = {name: edit.id for name, edit in made.items()}
    order = list(ids.values())
    wires = [e.AddLink(x, y) for x, y in itertools.pairwise(order)]
    return e.Several("", (*made.values(), *wires)).apply(Project()), ids


def test_the_first_of_several_remedies_is_the_best():
    one, two = Mend(text="One"), Mend(text="Two")
    assert Problem(text="Bad.").mend is None
    assert Problem(text="Bad.", mends=(one, two)).mend is one
    assert remedies(None, one, None, two) == (one, two)
    assert remedies(None) == ()


def mended(project: Project, problem: Problem) -> Project:
    assert problem.mend is not None
    return e.Several("", tuple(edit for edit in problem.mend.edits if isinstance(edit, e.Edit))).apply(project)


def errors(project: Project) -> list[Problem]:
    return [problem for problem in structural_problems(project) if problem.severity == "error"]


def without_link(project: Project, target: str) -> Project:
    gone = tuple(link.id for link in project.network.links if link.target == target)
    return e.RemoveLinks(gone).apply(project)


def test_a_whole_project_has_none() -> None:
    assert structural_problems(whole()[0]) == []


def test_an_empty_one_says_how_to_begin() -> None:
    assert [problem.text for problem in structural_problems(Project())] == ["Nothing to train yet: add data and a loss."]


@pytest.mark.parametrize(("gone", "words"), [("data", "There is no data yet"), ("loss", "There is no loss yet")])
def test_missing_ends(gone: str, words: str) -> None:
    project, ids = whole()
    texts = [problem.text for problem in errors(e.RemoveNodes((ids[gone],)).apply(project))]
    assert any(text.startswith(words) for text in texts)


def test_one_too_many() -> None:
    project = e.AddNode(first("dataset"), name="extra").apply(whole()[0])
    (problem,) = [found for found in errors(project) if found.mend and "Delete extra" in found.mend.text]
    assert "extra" in problem.text
    assert errors(mended(project, problem)) == []


def test_a_missing_wire_names_the_port_and_the_mend_draws_it() -> None:
    project, ids = whole()
    project = without_link(project, ids["loss"])
    (problem,) = [found for found in errors(project) if found.node == ids["loss"]]
    assert problem.text == "loss has nothing at prediction. Wire the output of a layer to it."
    assert problem.field == "prediction"
    assert structural_problems(mended(project, problem)) == []


def test_data_that_does_not_reach_the_loss() -> None:
    project, ids = whole()
    found = errors(without_link(project, ids["a"]))
    assert any(problem.node == ids["data"] and "does not reach loss" in problem.text for problem in found)
    assert any(problem.node == ids["a"] and "has nothing at" in problem.text for problem in found)


def test_two_wires_at_one_port_and_a_port_that_is_not_there() -> None:
    project, ids = whole()
    network = project.network
    doubled = Link(id="two", source=ids["data"], target=ids["b"], port=0)
    (problem,) = errors(dataclasses.replace(project, network=dataclasses.replace(network, links=(*network.links, doubled))))
    assert problem.text.startswith("2 wires end at")
    assert problem.node == ids["b"]
    astray = Link(id="two", source=ids["data"], target=ids["b"], port=4)
    broken = dataclasses.replace(project, network=dataclasses.replace(network, links=(*network.links, astray)))
    (problem,) = errors(broken)
    assert "has no input 5" in problem.text
    assert mended(broken, problem) == project


def test_a_gap_in_a_variadic_node() -> None:
    cls = next(c for c in registry.entries("layer") if c.variadic)  # type: ignore[attr-defined]
    project, ids = whole()
    project = e.ReplaceSpec(ids["b"], cls()).apply(project)
    gap = Link(id="far", source=ids["data"], target=ids["b"], port=3)
    project = dataclasses.replace(project, network=dataclasses.replace(project.network, links=(*project.network.links, gap)))
    assert any("leave an input empty" in problem.text for problem in errors(project))


def test_a_loop_is_named_and_cut() -> None:
    cls = next(c for c in registry.entries("layer") if c.variadic)  # type: ignore[attr-defined]
    project, ids = whole()
    project = e.ReplaceSpec(ids["a"], cls()).apply(project)
    back = Link(id="back", source=ids["b"], target=ids["a"], port=1)
    project = dataclasses.replace(project, network=dataclasses.replace(project.network, links=(*project.network.links, back)))
    (problem,) = errors(project)
    assert problem.text == "a, b form a loop. Data must flow one way: delete one of its wires."
    assert not loops(mended(project, problem).network)
    assert ids["a"] not in ordered(project.network)


def test_a_node_apart_is_a_warning_and_so_are_its_faults() -> None:
    project, _ = whole()
    apart = e.AddNode(first("layer"), name="apart")
    project = apart.apply(project)
    found = structural_problems(project)
    assert {problem.severity for problem in found} == {"warning"}
    assert {problem.node for problem in found} == {apart.id}
    assert apart.id not in participants(project)


NUMBERS = [
    pytest.param(cls, name, field, id=f"{cls.kind}-{cls.id}-{name}")
    for kind in registry.kinds()
    for cls in registry.entries(kind)
    for name, field in fields_of(cls).items()
    if kind in ("layer", "loss", "dataset") and isinstance(field, Real | Whole)
]


@pytest.mark.parametrize(("cls", "name", "field"), NUMBERS)
def test_a_number_out_of_range_is_said_and_mended(cls: type[Spec], name: str, field: Any) -> None:
    node = e.AddNode(cls())
    project = node.apply(Project())
    for value in field.wrong():
        try:
            changed = e.SetField(node.id, name, value).apply(project)
        except BadValue:
            continue
        (problem,) = [found for found in structural_problems(changed) if found.field == name and found.node == node.id]
        assert field.title(name) in problem.text
        fixed = mended(changed, problem)
        assert not [found for found in structural_problems(fixed) if found.field == name and found.node == node.id]


def test_a_setting_of_a_part_is_named_by_its_path() -> None:
    for cls in registry.entries("layer"):
        for name, field in fields_of(cls).items():
            parts = registry.entries(field.kind) if isinstance(field, Part) else ()
            for part in parts:
                for inner, number in fields_of(part).items():
                    if isinstance(number, Real) and number.high < 1e9:
                        node = e.AddNode(cls(**{name: part()}))
                        project = e.SetField(node.id, f"{name}.{inner}", number.high * 2 + 1).apply(node.apply(Project()))
                        assert any(problem.field == f"{name}.{inner}" for problem in structural_problems(project))
                        return
    pytest.fail("no layer has a part with a bounded number")


@pytest.mark.parametrize(("option", "value"), [("rate_factor", -1.0), ("rate_factor", 2000.0)])
def test_options_out_of_range(option: str, value: float) -> None:
    project, ids = whole()
    project = e.SetNodeOption(ids["a"], option, value).apply(project)
    (problem,) = structural_problems(project)
    assert (problem.node, problem.field) == (ids["a"], option)
    assert structural_problems(mended(project, problem)) == []


@pytest.mark.parametrize(
    ("which", "field", "value"),
    [("training", "batch", 0), ("training", "clip", -1.0), ("data", "validation", 2.0), ("data", "test", 0.9)],
)
def test_plans_out_of_range(which: str, field: str, value: Any) -> None:
    project = e.SetPlan(which, field, value).apply(whole()[0])
    problem = errors(project)[0]
    assert problem.field == f"{which}.{field}"
    assert problem.node == ""
    assert errors(mended(project, problem)) == []


def test_a_record_of_a_later_release_is_said() -> None:
    project, ids = whole()
    odd = stranger(random.Random(3))
    project = e.ReplaceSpec(ids["b"], odd).apply(project)
    (problem,) = [found for found in structural_problems(project) if found.node == ids["b"] and "does not know" in found.text]
    assert odd.id in problem.text


def test_a_dangling_wire_is_said_where_the_records_were_made_by_hand() -> None:
    project = Project(network=Network(links=(Link(id="l", source="x", target="y"),)))
    assert any("names none" in problem.text for problem in structural_problems(project))


@pytest.mark.parametrize("seed", range(40))
def test_any_project_has_sentences_and_mends_that_apply(seed: int) -> None:
    project = a_project(seed)
    for problem in structural_problems(project):
        assert 10 < len(problem.text) < 300
        assert problem.text.endswith(".")
        assert "!" not in problem.text.replace("!=", "") or "'" in problem.text
        if problem.mend and problem.mend.edits:
            left = structural_problems(mended(project, problem))
            assert (problem.text, problem.node) not in {(found.text, found.node) for found in left}
