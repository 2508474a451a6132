"""A refused edit and the one that was probably meant: it holds, and does what its words say."""

from __future__ import annotations

import pytest

from playground.core import registry
from playground.document.edits import (
    AddGroup,
    AddLink,
    AddNode,
    DeleteBlock,
    Edit,
    GroupIntoBlock,
    History,
    InsertOnLink,
    RenameBlock,
    RenameNode,
    SetField,
    SetGroup,
    SetPlan,
    SetProject,
    Several,
)
from playground.document.instead import concerned, instead
from playground.document.project import Project
from playground.errors import PlaygroundError


def chain() -> Project:
    """digits1 -> dense1 -> dense2 -> dense3 -> cross_entropy1, and dense4 between dense1 and dense3."""
    made, ids = Project(), []
    kinds = [("dataset", "digits"), *[("layer", "dense")] * 4, ("loss", "cross_entropy")]
    for kind, id in kinds:
        edit = AddNode(registry.find(kind, id)())
        made, ids = edit.apply(made), [*ids, edit.id]
    for source, target in ((0, 1), (1, 2), (2, 3), (3, 5)):
        made = AddLink(ids[source], ids[target], 0).apply(made)
    return made


def ids(project: Project) -> list[str]:
    return [node.id for node in project.network.nodes]


def meant(edit: Edit, project: Project) -> tuple[str, Project]:
    """The words, and the project after what was meant; the edit itself is refused, and undo takes what was meant back."""
    history = History(project)
    with pytest.raises(PlaygroundError):
        history.do(edit)
    found = instead(edit, project)
    assert found is not None
    history.do(found[1])
    after = history.project
    history.undo()
    assert history.project == project
    return found[0], after


@pytest.mark.parametrize(("value", "wanted"), [(2.6, 3), (-0.4, 1), (1e12, 1_000_000)])
def test_a_number_that_is_not_whole(value: float, wanted: int) -> None:
    """One that is whole but outside its range is kept, and shown as a problem of its node."""
    project = chain()
    words, after = meant(SetField(ids(project)[1], "units", value), project)
    assert after.network.nodes[1].spec.units == wanted
    assert words == f"Use {wanted}"


@pytest.mark.parametrize("value", [float("inf"), "3", None, ()])
def test_what_is_no_number_has_none_near_it(value: object) -> None:
    project = chain()
    assert instead(SetField(ids(project)[1], "units", value), project) is None


def test_settings_of_the_plan_and_several_at_once() -> None:
    project = chain()
    words, after = meant(SetPlan("training", "batch", 16.2), project)
    assert (words, after.training.batch) == ("Use 16", 16)
    both = Several("Both", (SetPlan("training", "epochs", 3), SetField(ids(project)[1], "units", 0.5)))
    words, after = meant(both, project)
    assert (words, after.training.epochs, after.network.nodes[1].spec.units) == ("Use 1", 3, 1)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("dense2", "dense5"), ("2 heads!", "n_2_heads_"), ("", "node"), ("层", "node"), ("x" * 200, "x" * 100)],
)
def test_names_of_nodes(name: str, wanted: str) -> None:
    project = chain()
    words, after = meant(RenameNode(ids(project)[1], name), project)
    assert after.network.nodes[1].name == wanted
    assert words == f"Use the name {wanted}"


def test_names_of_groups_blocks_and_the_project() -> None:
    project = chain()
    first, second = AddGroup("heads"), AddGroup("tails")
    project = second.apply(first.apply(project))
    assert meant(AddGroup("heads"), project)[1].groups[-1].name == "heads1"
    assert meant(SetGroup(second.id, "name", "heads"), project)[1].groups[1].name == "heads1"
    assert instead(SetGroup(second.id, "rule", 7), project) is None
    one, two = GroupIntoBlock((ids(project)[1],), "Stem"), GroupIntoBlock((ids(project)[2],), "Top")
    project = two.apply(one.apply(project))
    assert {block.name for block in meant(RenameBlock(two.block, "Stem"), project)[1].blocks} == {"Stem", "Stem1"}
    assert meant(SetProject(name="a\x00b"), project)[1].name == "ab"
    assert instead(SetProject(name="  "), project) is None


def test_a_selection_for_a_block() -> None:
    project = chain()
    data, first, second, third, _, loss = ids(project)
    words, after = meant(GroupIntoBlock((data, first, second)), project)
    assert words == "Leave it out"
    assert len(after.blocks) == 1
    assert {node.id for node in after.network.nodes} >= {data, third, loss}
    words, after = meant(GroupIntoBlock((first, third)), project)
    assert words == "Select what is between too"
    assert second not in ids(after)
    assert instead(GroupIntoBlock((data, loss)), project) is None


def test_a_wired_node_comes_off_its_wires_to_stand_on_another() -> None:
    project = chain()
    _, first, second, third, free, loss = ids(project)
    project = AddLink(first, free, 0).apply(project)
    wire = next(link.id for link in project.network.links if link.target == third)
    words, after = meant(InsertOnLink(wire, free), project)
    assert words == "Take its wires away"
    pairs = {(link.source, link.target) for link in after.network.links}
    assert {(second, free), (free, third)} <= pairs
    assert (first, free) not in pairs
    assert (third, loss) in pairs


def test_what_an_edit_is_about() -> None:
    project = chain()
    data, first, *_ = ids(project)
    assert concerned(AddLink(first, data, 0), project) == (first, data)
    assert concerned(Several("", (RenameNode(first, "x"), SetField("gone", "units", 1))), project) == (first,)
    block = GroupIntoBlock((first,))
    grouped = block.apply(project)
    assert concerned(DeleteBlock(block.block), grouped) == (block.id,)
    assert instead(AddLink(first, data, 0), project) is None
    assert instead(SetField("gone", "units", 3), project) is None
