"""Blocks in the document: grouping and back, edits inside, ports that come and go, files, the clipboard, the library."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import pytest

import playground as pg
from playground.document import block_files, clipboard, strict_json
from playground.document import edits as e
from playground.document.blocks import BlockInput, BlockOutput, BlockUse, all_uses, use_of, view_of
from playground.document.file import load, save
from playground.document.integrity import integrity_faults
from playground.document.problems import structural_problems
from playground.document.project import Block, Link, Network, Node, Project
from playground.document.project_json import from_json, to_json
from playground.errors import BadValue


def chain() -> tuple[Project, dict[str, str]]:
    """Digits, four layers with a shortcut, a loss; and the ids by name."""
    made = pg.Project()
    data = made.add(pg.dataset("iris"), name="data")
    first = made.add(pg.layer("dense", units=4), data, name="first")
    bend = made.add(pg.layer("relu"), first, name="bend")
    second = made.add(pg.layer("dense", units=4), bend, name="second")
    both = made.add(pg.layer("add"), second, first, name="both")
    last = made.add(pg.layer("dense", units=3), both, name="last")
    made.add(pg.loss("cross_entropy"), last, name="loss")
    return made.record, {node.name: node.id for node in made.record.network.nodes}


def grouped(*names: str, title: str = "Inner") -> tuple[Project, e.GroupIntoBlock, dict[str, str]]:
    project, ids = chain()
    edit = e.GroupIntoBlock(tuple(ids[name] for name in names), title)
    return edit.apply(project), edit, ids


def shape(network: Network) -> object:
    """A network without its ids and places."""
    names = {node.id: node.name for node in network.nodes}
    nodes = sorted((n.name, repr(n.spec), n.frozen, n.rate_factor, names.get(n.shares, "")) for n in network.nodes)
    return nodes, sorted((names[k.source], k.output, names[k.target], k.port) for k in network.links)


def test_wires_across_the_border_become_ports():
    project, edit, ids = grouped("bend", "second", "both")
    use = project.network.node(edit.id)
    assert isinstance(use.spec, BlockUse)
    assert use.spec.title == "Inner"
    assert (use.name, use.spec.ports, use.spec.outputs) == ("inner1", ("x",), ("y",))  # first feeds two of them by one port
    assert {(k.source, k.target, k.port) for k in project.network.links} == {
        (ids["data"], ids["first"], 0), (ids["first"], edit.id, 0), (edit.id, ids["last"], 0), (ids["last"], ids["loss"], 0),
    }  # fmt: skip
    inner = project.blocks[0].network
    assert [node.name for node in inner.nodes] == ["x", "bend", "second", "both", "y"]
    assert not list(integrity_faults(project))
    assert not structural_problems(project)


def test_open_inputs_and_free_outputs_become_ports_too():
    project, ids = chain()
    lone = e.AddNode(pg.layer("add"))
    project = e.GroupIntoBlock((lone.id,)).apply(lone.apply(project))
    use = project.network.nodes[-1].spec
    assert isinstance(use, BlockUse)
    assert use.called == "Block A"
    assert (use.ports, use.outputs) == (("x1", "x2"), ("y",))
    del ids


@pytest.mark.parametrize("seed", range(30))
def test_ungrouping_gives_the_network_back(seed: int):
    rng = random.Random(seed)
    project, ids = chain()
    chosen = rng.sample(["first", "bend", "second", "both", "last"], rng.randint(1, 5))
    edit = e.GroupIntoBlock(tuple(ids[name] for name in chosen))
    history = e.History(project)
    try:
        history.do(edit)
    except e.EditError as error:
        assert "stands between" in str(error)
        return
    history.do(e.UngroupBlock(edit.id))
    assert shape(history.project.network) == shape(project.network)
    assert {node.id for node in history.project.network.nodes} == {node.id for node in project.network.nodes}
    history.undo()
    history.undo()
    assert history.project == project


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (("first", "second"), "bend stands between"),
        (("data", "first"), "data is a data source"),
        (("last", "loss"), "loss is a loss"),
        ((), "Select the layers"),
    ],
)
def test_selections_that_cannot_be_one_node_are_refused(chosen: tuple[str, ...], words: str):
    project, ids = chain()
    with pytest.raises(e.EditError, match=words):
        e.GroupIntoBlock(tuple(ids[name] for name in chosen)).apply(project)


def test_weights_shared_across_the_border_are_refused():
    project, ids = chain()
    project = e.ShareWeights(ids["second"], ids["first"]).apply(project)
    with pytest.raises(e.EditError, match="second uses the weights of first"):
        e.GroupIntoBlock((ids["second"],)).apply(project)
    whole = e.GroupIntoBlock((ids["first"], ids["bend"], ids["second"])).apply(project)
    assert not list(integrity_faults(whole))


def test_an_edit_inside_holds_for_all_uses_and_is_undone_at_once():
    project, edit, ids = grouped("bend", "second", "both")
    history = e.History(project)
    again = e.AddNode(use_of(project.blocks[0]))
    history.do(again)
    before = history.project
    history.do(e.EditBlock(edit.block, e.SetField(ids["second"], "units", 9)))
    assert history.undo_text == "Change units of second in Inner"
    assert before.network.nodes == history.project.network.nodes
    assert history.project.blocks[0].network.node(ids["second"]).spec.units == 9
    assert len(all_uses(history.project, edit.block)) == 2
    history.undo()
    assert history.project == before


def test_ports_that_come_move_and_go():
    project, edit, ids = grouped("bend", "second", "both")
    inside = {node.name: node.id for node in project.blocks[0].network.nodes}
    port = e.AddNode(BlockInput(), name="gate")
    end = e.AddNode(BlockOutput(), name="side")
    wire = e.AddLink(ids["bend"], end.id)
    history = e.History(project)
    for one in (port, end, wire):
        history.do(e.EditBlock(edit.block, one))
    use = history.project.network.node(edit.id).spec
    assert (use.ports, use.outputs) == (("x", "gate"), ("y", "side"))
    history.do(e.AddLink(ids["data"], edit.id, 1))
    history.do(e.EditBlock(edit.block, e.RenameNode(port.id, "second_input")))
    assert history.project.network.node(edit.id).spec.ports == ("x", "second_input")
    history.do(e.EditBlock(edit.block, e.RemoveNodes((inside["x"],))))  # the port before goes, the other moves up
    assert [(k.source, k.port) for k in history.project.network.into(edit.id)] == [(ids["data"], 0)]
    history.do(e.EditBlock(edit.block, e.RemoveNodes((inside["y"],))))
    assert not [k for k in history.project.network.links if k.source == edit.id]
    assert not list(integrity_faults(history.project))


def test_a_block_that_would_hold_itself_is_refused():
    project, edit, _ = grouped("bend", "second", "both")
    history = e.History(project)
    with pytest.raises(e.EditError, match="Inner would hold itself"):
        history.do(e.EditBlock(edit.block, e.AddNode(use_of(project.blocks[0]))))
    outer = e.GroupIntoBlock((edit.id,), "Outer")
    history.do(outer)
    with pytest.raises(e.EditError, match="would hold itself"):
        history.do(e.EditBlock(edit.block, e.AddNode(use_of(history.project.blocks[-1]))))


def test_nesting_and_growth_have_bounds():
    """Sixteen blocks in one another, each using the next ten times, would be 10¹⁶ nodes: it is counted, never unfolded."""
    blocks = [Block(id="b0", name="b0", network=Network(nodes=(Node(id="n", name="n", spec=pg.layer("relu")),)))]
    for k in range(1, 16):
        nodes = tuple(Node(id=f"n{i}", name=f"n{i}", spec=use_of(blocks[-1])) for i in range(10))
        blocks.append(Block(id=f"b{k}", name=f"b{k}", network=Network(nodes=nodes)))
    found = [sentence for _, sentence in integrity_faults(Project(blocks=tuple(blocks)))]
    assert any("at most 5,000 nodes, those of its blocks included" in sentence for sentence in found)
    deep = [blocks[0]]
    for k in range(1, 20):
        deep.append(Block(id=f"b{k}", name=f"b{k}", network=Network(nodes=(Node(id="n", name="n", spec=use_of(deep[-1])),))))
    assert any("nested 16 deep" in sentence for _, sentence in integrity_faults(Project(blocks=tuple(deep))))


def test_data_losses_and_groups_stay_outside_and_ports_inside():
    project, edit, ids = grouped("bend", "second", "both")
    history = e.History(project)
    for spec, words in ((pg.dataset("iris"), "is a data source"), (pg.loss("cross_entropy"), "is a loss")):
        with pytest.raises(e.EditError, match=words):
            history.do(e.EditBlock(edit.block, e.AddNode(spec)))
    with pytest.raises(e.EditError, match="stands in a block"):
        history.do(e.AddNode(BlockInput()))
    with pytest.raises(e.EditError, match="group holds whole blocks"):
        history.do(e.EditBlock(edit.block, e.AddGroup("slow")))
    with pytest.raises(e.EditError, match="by their own setting"):
        history.do(e.ShareWeights(edit.id, ids["first"]))


def test_names_deletion_and_other_small_edits():
    project, edit, _ = grouped("bend", "second", "both")
    history = e.History(project)
    history.do(e.RenameBlock(edit.block, "Stem", "What comes first."))
    assert history.project.network.node(edit.id).spec.title == "Stem"
    with pytest.raises(e.EditError, match="Stem is used by inner1"):
        history.do(e.DeleteBlock(edit.block))
    history.do(e.RemoveNodes((edit.id,)))
    history.do(e.DeleteBlock(edit.block))
    assert not history.project.blocks
    with pytest.raises(e.EditError, match="1 to 60"):
        history.undo()
        history.do(e.RenameBlock(edit.block, " "))


def test_a_group_follows_its_layers_into_the_block():
    project, ids = chain()
    project = e.AddGroup("slow", nodes=(ids["bend"], ids["second"], ids["both"])).apply(project)
    edit = e.GroupIntoBlock((ids["bend"], ids["second"], ids["both"]))
    inside = edit.apply(project)
    assert inside.groups[0].nodes == (edit.id,)
    assert e.UngroupBlock(edit.id).apply(inside).groups[0].nodes == project.groups[0].nodes


def test_they_survive_the_file_with_what_a_newer_release_added(tmp_path: Path):
    project, edit, _ = grouped("bend", "second", "both")
    project = e.GroupIntoBlock((edit.id,), "Outer").apply(project)
    save(project, tmp_path / "p.play")
    assert load(tmp_path / "p.play").project == project
    data = to_json(project)
    data["blocks"][0]["mood"] = "calm"
    data["blocks"][0]["network"]["nodes"][1]["tint"] = [1, 2]
    data["blocks"][1]["network"]["nodes"].append(
        {**data["blocks"][0]["network"]["nodes"][1], "id": "odd", "name": "odd",
         "spec": {"kind": "layer", "id": "of_tomorrow", "version": 3, "fields": {"a": 1}}}
    )  # fmt: skip
    del data["blocks"][1]["network"]["nodes"][-1]["tint"]
    again, found = from_json(json.loads(json.dumps(data)))
    assert not found.faults
    assert again is not None
    assert to_json(again) == data
    changed = e.EditBlock(edit.block, e.MoveNodes({again.blocks[0].network.nodes[1].id: (5.0, 6.0)})).apply(again)
    assert to_json(changed)["blocks"][0]["mood"] == "calm"


BROKEN = [
    (lambda d: d["blocks"][0].pop("network"), "/blocks/0/network must be"),
    (lambda d: d["blocks"][0].update(name=""), "/blocks/0/name must be a text of 1 to 60"),
    (lambda d: d["blocks"][0].update(name=" "), "A block's name must be"),
    (lambda d: d["blocks"][0].update(help=5), "/blocks/0/help must be a text"),
    (lambda d: d.update(blocks={}), "/blocks must be a list of at most 200"),
    (lambda d: d["blocks"].append(d["blocks"][0]), "Every id must be used once"),
    (lambda d: d["blocks"].clear(), "uses the block"),
    (lambda d: d["blocks"][0]["network"]["nodes"][1].update(position=[1]), "/blocks/0/network/nodes/1/position must be two"),
    (lambda d: d["blocks"][0]["network"]["nodes"][1].update(name="no name"), "A node's name must be"),
    (lambda d: d["blocks"][0]["network"]["links"][0].update(target="gone"), "A wire's target must be the id"),
    (lambda d: d["blocks"][0]["network"]["nodes"][1]["spec"].update(kind="loss", id="cross_entropy"), "A block holds layers"),
    (lambda d: d["network"]["nodes"][1]["spec"].update(id="block_input", fields={}), "stands in a block"),
    (
        lambda d: d["blocks"][0]["network"]["nodes"][1]["spec"].update(id="block", fields={"block": d["blocks"][0]["id"]}),
        "hold itself",
    ),
]


@pytest.mark.parametrize(("breaking", "words"), BROKEN)
def test_bad_files_are_refused_with_the_place(breaking, words: str):
    project, _, _ = grouped("bend", "second", "both")
    data = json.loads(json.dumps(to_json(project)))
    breaking(data)
    made, found = from_json(data)
    assert made is None
    assert any(words in sentence for _, sentence in found.faults), found.faults


def test_pasting_brings_the_definitions_and_keeps_others_of_the_same_id():
    project, edit, ids = grouped("bend", "second", "both")
    text = clipboard.to_text(project, [edit.id])
    empty = e.History(Project())
    empty.do(clipboard.pasted(text))
    assert empty.project.blocks == project.blocks
    assert [node.spec for node in empty.project.network.nodes] == [project.network.node(edit.id).spec]
    same = clipboard.pasted(text).apply(project)  # the definition is there already
    assert same.blocks == project.blocks
    assert len(all_uses(same, edit.block)) == 2
    other = e.EditBlock(edit.block, e.SetField(ids["second"], "units", 9)).apply(project)
    both = clipboard.pasted(text).apply(other)
    assert [block.name for block in both.blocks] == ["Inner", "Inner 2"]
    assert both.blocks[1].network == project.blocks[0].network
    assert both.network.nodes[-1].spec.block == both.blocks[1].id
    assert not list(integrity_faults(both))


def test_copies_of_what_is_inside_go_from_block_to_block():
    project, edit, _ = grouped("bend", "second", "both")
    view = view_of(project, edit.block)
    text = clipboard.to_text(view, [node.id for node in view.network.nodes])
    target = Block(id="target", name="Target")
    wide = dataclasses.replace(project, blocks=(*project.blocks, target))
    pasted = e.EditBlock("target", clipboard.pasted(text)).apply(wide)
    assert shape(pasted.blocks[1].network) == shape(view.network)


def test_the_personal_library_keeps_a_block_with_those_it_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    project, edit, _ = grouped("bend", "second", "both")
    outer = e.GroupIntoBlock((edit.id,), "Outer way")
    project = outer.apply(project)
    assert block_files.personal() == ((), ())
    path = block_files.save_personal(project, outer.block)
    assert path.name == "outer_way.json"
    (entry,), said = block_files.personal()
    assert not said
    assert entry.name == "Outer way"
    assert {block.id: block for block in entry.load()} == {block.id: block for block in project.blocks}
    fresh = e.AddBlocks(entry.load()).apply(Project())
    assert not list(integrity_faults(e.AddNode(use_of(fresh.blocks[-1])).apply(fresh)))
    renamed = e.RenameBlock(outer.block, "Another").apply(project)
    assert block_files.save_personal(renamed, outer.block) == path  # it replaces itself
    block_files.remove_personal(outer.block)
    assert block_files.personal() == ((), ())


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[1]", b"\xff\xfe", b'{"format": "playground block", "version": 99}', b'{"format": "playground block", "version": 1}',
     b'{"format": "playground block", "version": 1, "blocks": [{"id": 5}]}', b"x" * (block_files.MOST_BYTES + 1)],
)  # fmt: skip
def test_bad_files_in_the_library_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    folder = block_files.library_folder()
    folder.mkdir(parents=True)
    (folder / "bad.json").write_bytes(content)
    entries, said = block_files.personal()
    assert not entries
    assert len(said) == 1
    assert said[0].startswith("bad.json in the library of blocks cannot be used. ")


def test_a_file_whose_block_is_broken_inside_is_refused_when_it_is_used(tmp_path: Path):
    data = strict_json.decode((block_files.shipped()[0].path).read_bytes())
    data["blocks"][0]["network"]["links"][0]["target"] = "gone"
    (tmp_path / "b.json").write_bytes(strict_json.encode(data))
    with pytest.raises(BadValue, match=r"b\.json holds no block that can be used"):
        block_files.read_block(tmp_path / "b.json")


def test_five_blocks_ship_with_words_and_without_faults():
    entries = block_files.shipped()
    assert [entry.name for entry in entries] == [
        "Conv-BN-ReLU",
        "Inception",
        "Residual",
        "Transformer decoder",
        "Transformer encoder",
    ]
    for entry in entries:
        assert entry.help
        assert entry.tail
        assert not entry.personal
        blocks = entry.load()
        project = e.AddBlocks(blocks).apply(Project())
        assert not [p for p in structural_problems(view_of(project, blocks[-1].id)) if p.severity == "error"]


def test_a_port_without_a_wire_inside_is_told():
    block = Block(id="b", name="B", network=Network(nodes=(Node(id="y", name="y", spec=BlockOutput()),)))
    found = structural_problems(view_of(Project(blocks=(block,)), "b"))
    assert [problem.text for problem in found] == ["y has nothing at x. Wire data or a layer to it."]
    wired = dataclasses.replace(block, network=dataclasses.replace(
        block.network, nodes=(Node(id="x", name="x", spec=BlockInput()), *block.network.nodes), links=(Link(id="k", source="x", target="y"),)
    ))  # fmt: skip
    assert not structural_problems(view_of(Project(blocks=(wired,)), "b"))
