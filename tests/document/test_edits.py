"""Edits and their history."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.core import registry
from playground.core.spec import Layer
from playground.document import edits as e
from playground.document import file
from playground.document.integrity import integrity_faults
from playground.document.project import Link, Network, Project
from playground.document.wiring import compacted, loops, port_names, variadic
from playground.errors import BadValue
from tests.document.making import MAKERS, spec_of, stranger, tried


def layer(ports: int = 1, many: bool = False) -> Layer:
    """A layer of the catalogue with so many ports, with settings that a test can change."""
    found = [c for c in registry.entries("layer") if len(port_names(c())) == ports and variadic(c()) == many]
    assert found
    return found[0]()  # type: ignore[return-value]


def a_loss() -> object:
    return registry.entries("loss")[0]()


def data() -> object:
    return registry.entries("dataset")[0]()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(MAKERS)), st.integers(0, 2**32 - 1)), max_size=40))
def test_undo_all_is_the_start_and_redo_all_the_end(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    history = e.History(Project(), clock=clock)
    before: list[Project] = [history.project]
    for what, seed in steps:
        clock.now += 2.0
        if tried(history, what, random.Random(seed)) and history.project is not before[-1]:
            before.append(history.project)
            assert not list(integrity_faults(history.project))
            assert history.undo_text
    end = history.project
    assert not loops(end.network)
    for earlier in reversed(before[:-1]):
        assert history.undo() == earlier
    assert history.project == Project()
    assert not history.can_undo
    assert not history.dirty
    for later in before[1:]:
        assert history.redo() == later
    assert history.project == end
    assert not history.can_redo
    assert file.from_bytes(file.to_bytes(end)).project == end


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*sorted(MAKERS), "undo", "redo"]), st.integers(0, 2**32 - 1)), max_size=25))
def test_every_point_of_a_history_can_be_saved_and_opened(steps: list[tuple[str, int]]) -> None:
    history = e.History(Project())
    for what, seed in steps:
        if what in ("undo", "redo"):
            getattr(history, what)()
        else:
            tried(history, what, random.Random(seed))
        assert file.from_bytes(file.to_bytes(history.project)).project == history.project


def test_an_edit_is_pure() -> None:
    edit = e.AddNode(layer())
    assert edit.apply(Project()) == edit.apply(Project())


def test_names_count_up_and_fill_gaps() -> None:
    history = e.History(Project())
    first, second, third = (e.AddNode(layer()) for _ in range(3))
    for edit in (first, second, third):
        history.do(edit)
    names = [node.name for node in history.project.network.nodes]
    stem = names[0].removesuffix("1")
    assert names == [f"{stem}1", f"{stem}2", f"{stem}3"]
    assert history.undo_text == f"Add {stem}3"
    history.do(e.RemoveNodes((second.id,)))
    assert history.undo_text == f"Delete {stem}2"
    history.do(e.AddNode(layer()))
    assert history.project.network.nodes[-1].name == f"{stem}2"


def test_a_wire_replaces_the_one_at_its_port() -> None:
    a, b, c = e.AddNode(layer()), e.AddNode(layer()), e.AddNode(layer())
    first, second = e.AddLink(a.id, c.id), e.AddLink(b.id, c.id)
    project = e.Several("", (a, b, c, first, second)).apply(Project())
    assert project.network.links == (Link(id=second.id, source=b.id, target=c.id, port=0),)
    assert e.AddLink(b.id, c.id).apply(project) is project  # it is there already


def test_wires_append_at_a_variadic_port_and_move_up() -> None:
    sum_ = e.AddNode(layer(ports=len(port_names(next(c() for c in registry.entries("layer") if c.variadic))), many=True))  # type: ignore[attr-defined]
    inputs = [e.AddNode(layer()) for _ in range(4)]
    links = [e.AddLink(node.id, sum_.id) for node in inputs]
    project = e.Several("", (sum_, *inputs, *links)).apply(Project())
    assert [link.port for link in project.network.into(sum_.id)] == [0, 1, 2, 3]
    project = e.RemoveLinks((links[1].id,)).apply(project)
    assert [link.source for link in project.network.into(sum_.id)] == [inputs[0].id, inputs[2].id, inputs[3].id]
    assert [link.port for link in project.network.into(sum_.id)] == [0, 1, 2]
    project = e.RemoveNodes((inputs[0].id,)).apply(project)
    assert [(link.source, link.port) for link in project.network.into(sum_.id)] == [(inputs[2].id, 0), (inputs[3].id, 1)]
    far = e.AddLink(inputs[1].id, sum_.id, port=9).apply(project)
    assert [link.port for link in far.network.into(sum_.id)] == [0, 1, 2]


def test_one_node_may_feed_two_ports_of_another() -> None:
    cls = next(c for c in registry.entries("layer") if c.variadic)  # type: ignore[attr-defined]
    a, sum_ = e.AddNode(layer()), e.AddNode(cls())
    project = e.Several("", (a, sum_, e.AddLink(a.id, sum_.id), e.AddLink(a.id, sum_.id, 1))).apply(Project())
    assert len(project.network.links) == 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda n: e.AddLink(n["b"], n["a"]), "close a loop"),
        (lambda n: e.AddLink(n["a"], n["a"]), "close a loop"),
        (lambda n: e.AddLink(n["loss"], n["a"]), "has no output"),
        (lambda n: e.AddLink(n["a"], n["data"]), "has no input"),
        (lambda n: e.AddLink(n["a"], n["b"], 5), "has 1 input; input 6"),
        (lambda n: e.AddLink(n["a"], "gone"), "no longer there"),
        (lambda n: e.RemoveNodes(("gone",)), "no longer there"),
        (lambda n: e.RemoveLinks(("gone",)), "no longer there"),
        (lambda n: e.RenameNode(n["a"], "two words"), "a letter, then"),
        (lambda n: e.MoveNodes({n["a"]: (float("nan"), 0.0)}), "within 1,000,000"),
        (lambda n: e.SetField(n["a"], "no_such", 1), "has no field called 'no_such'"),
        (lambda n: e.SetNodeOption(n["a"], "colour", 1), "must be one of frozen, rate_factor"),
        (lambda n: e.SetNodeOption(n["a"], "frozen", 1), "true or false"),
        (lambda n: e.SetPlan("network", "x", 1), "must be one of data, training"),
        (lambda n: e.SetPlan("training", "optimizer", 3), "must be an optimizer of the catalogue; 3"),
        (lambda n: e.SetPlan("training", "batch", "many"), "whole number in 1 to 65536; 'many'"),
        (lambda n: e.SetPlan("training", "batch", float("nan")), "whole number"),
        (lambda n: e.SetProject(name=" "), "printable characters"),
        (lambda n: e.AddNote("bell \a", (0, 0)), "printable"),
        (lambda n: e.AddNote("\u202eturned", (0, 0)), "printable"),
        (lambda n: e.SetProject(name="two\nlines"), "printable"),
        (lambda n: e.AddNode(layer(), id=n["a"]), "used once"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(make: object, words: str) -> None:
    made = {"data": e.AddNode(data()), "a": e.AddNode(layer()), "b": e.AddNode(layer()), "loss": e.AddNode(a_loss())}  # type: ignore[arg-type]
    history = e.History(e.Several("", (*made.values(), e.AddLink(made["a"].id, made["b"].id))).apply(Project()))
    before = history.project
    with pytest.raises((e.EditError, BadValue), match=words):
        history.do(make({name: edit.id for name, edit in made.items()}))  # type: ignore[operator]
    assert history.project is before
    assert not history.can_undo


@pytest.mark.parametrize("words", ["👩\u200d👧", "a\u00a0b", "می\u200cخواهم", "<b>漢字</b>"])
def test_words_of_any_language_are_good(words: str) -> None:
    project = e.Several("", (e.AddNote(words, (0, 0)), e.SetProject(name=words, about=words))).apply(Project())
    assert file.from_bytes(file.to_bytes(project)).project == project


def test_a_node_goes_into_a_wire() -> None:
    a, b, new = e.AddNode(layer()), e.AddNode(layer()), e.AddNode(layer())
    wire = e.AddLink(a.id, b.id)
    project = e.Several("", (a, b, wire)).apply(Project())
    changed = e.InsertOnLink(wire.id, new).apply(project)
    assert {(link.source, link.target) for link in changed.network.links} == {(a.id, new.id), (new.id, b.id)}
    loose = e.AddNode(layer())
    changed = e.InsertOnLink(wire.id, loose.id).apply(loose.apply(project))
    assert {(link.source, link.target) for link in changed.network.links} == {(a.id, loose.id), (loose.id, b.id)}
    with pytest.raises(e.EditError, match="cannot stand on a wire"):
        e.InsertOnLink(wire.id, e.AddNode(a_loss())).apply(project)  # type: ignore[arg-type]
    with pytest.raises(e.EditError, match="is wired already"):
        c, d = e.AddNode(layer()), e.AddNode(layer())
        e.InsertOnLink(wire.id, c.id).apply(e.Several("", (c, d, e.AddLink(c.id, d.id))).apply(project))


def test_a_node_is_taken_out_and_its_readers_read_what_it_read() -> None:
    a, b, c, d = (e.AddNode(layer()) for _ in range(4))
    wires = (e.AddLink(a.id, b.id), e.AddLink(b.id, c.id), e.AddLink(b.id, d.id))
    history = e.History(e.Several("", (a, b, c, d, *wires)).apply(Project()))
    before = history.project
    history.do(e.TakeOut(b.id))
    assert {(link.source, link.target) for link in history.project.network.links} == {(a.id, c.id), (a.id, d.id)}
    assert [link.id for link in history.project.network.links] == [wires[1].id, wires[2].id], "wires keep what hangs on them"
    assert e.TakeOut(b.id).describe(before) == f"Take {before.network.node(b.id).name} out"
    history.undo()
    assert history.project == before
    with pytest.raises(e.EditError, match="could take its place"):
        e.TakeOut(a.id).apply(before)


def test_another_record_keeps_the_wires_that_still_have_a_port() -> None:
    a, b, loss = e.AddNode(layer()), e.AddNode(layer()), e.AddNode(a_loss())  # type: ignore[arg-type]
    project = e.Several("", (a, b, loss, e.AddLink(a.id, b.id), e.AddLink(b.id, loss.id))).apply(Project())
    assert e.ReplaceSpec(b.id, spec_of(type(layer()), random.Random(1))).apply(project).network.links == project.network.links
    as_data = e.ReplaceSpec(b.id, data()).apply(project)  # type: ignore[arg-type]
    assert [(link.source, link.target) for link in as_data.network.links] == [(b.id, loss.id)]
    as_loss = e.ReplaceSpec(b.id, a_loss()).apply(project)  # type: ignore[arg-type]
    assert [(link.source, link.target) for link in as_loss.network.links] == [(a.id, b.id)]


def test_a_strangers_record_can_be_wired_and_not_changed() -> None:
    a, odd = e.AddNode(layer()), e.AddNode(stranger(random.Random(0)))
    project = e.Several("", (a, odd)).apply(Project())
    assert e.AddLink(a.id, odd.id, 3).apply(project).network.links[0].port == 3 or odd.spec.kind == "dataset"
    with pytest.raises(e.EditError, match="does not know"):
        e.SetField(odd.id, "depth", 1).apply(project)


class TestHistory:
    def test_a_dragged_slider_is_one_step(self) -> None:
        clock = Clock()
        history = e.History(Project(), clock=clock)
        for at in range(50):
            clock.now += 0.1
            history.do(e.SetPlan("training", "warmup", at + 1))
        assert history.undo_text == "Change warmup"
        assert history.undo() == Project()
        assert history.redo().training.warmup == 50

    def test_a_slider_that_is_dragged_back_is_no_step(self) -> None:
        history = e.History(Project(), clock=Clock())
        for at in (3, 9, 0, 5, 0):
            history.do(e.SetPlan("training", "warmup", at))
        assert (history.project, history.can_undo, history.can_redo) == (Project(), False, False)
        for at in (2, 7):
            history.do(e.SetPlan("training", "warmup", at))
        assert history.undo() == Project()

    def test_a_pause_another_field_a_release_and_a_save_end_the_step(self) -> None:
        clock = Clock()
        history = e.History(Project(), clock=clock)
        steps = 0
        for between in (lambda: None, lambda: setattr(clock, "now", clock.now + 1.5), history.seal, history.mark_saved):
            between()
            steps += 1
            history.do(e.SetPlan("training", "warmup", steps))
        history.do(e.SetPlan("training", "batch", 7))
        counted = 0
        while history.can_undo:
            history.undo()
            counted += 1
        assert counted == steps + 1

    def test_an_undo_ends_the_step(self) -> None:
        history = e.History(Project(), clock=Clock())
        history.do(e.SetPlan("training", "warmup", 1))
        history.undo()
        history.do(e.SetPlan("training", "warmup", 2))
        history.undo()
        assert history.project == Project()

    def test_nothing_done_is_no_step(self) -> None:
        history = e.History(Project())
        history.do(e.SetPlan("training", "warmup", 0))
        history.do(e.RemoveNodes(()))
        assert not history.can_undo

    def test_dirty_follows_what_is_on_the_disk(self) -> None:
        history = e.History(Project(), clock=Clock())
        assert not history.dirty
        history.do(e.SetPlan("training", "warmup", 1))
        assert history.dirty
        history.mark_saved()
        assert not history.dirty
        history.undo()
        assert history.dirty
        history.redo()
        assert not history.dirty
        history.mark_unsaved()
        assert history.dirty

    def test_an_edit_while_saving_stays_dirty(self) -> None:
        history = e.History(Project())
        written = history.project
        history.do(e.SetPlan("training", "warmup", 1))
        history.mark_saved(written)
        assert history.dirty

    def test_steps_are_bounded(self) -> None:
        history = e.History(Project(), limit=10)
        for _ in range(30):
            history.do(e.AddNode(layer()))
        count = 0
        while history.can_undo:
            history.undo()
            count += 1
        assert count == 10
        assert len(history.project.network.nodes) == 20

    def test_an_edit_after_undo_forgets_what_was_undone(self) -> None:
        history = e.History(Project())
        history.do(e.AddNode(layer()))
        history.undo()
        assert history.redo_text.startswith("Add ")
        history.do(e.SetPlan("training", "warmup", 1))
        assert not history.can_redo

    def test_listeners_hear_every_change(self) -> None:
        history, heard = e.History(Project()), []
        stop = history.listen(lambda before, after: heard.append((before.training.warmup, after.training.warmup)))
        history.do(e.SetPlan("training", "warmup", 1))
        history.undo()
        history.redo()
        stop()
        history.undo()
        assert heard == [(0, 1), (1, 0), (0, 1)]

    def test_a_broken_project_never_enters(self) -> None:
        broken = Project(network=Network(links=(Link(id="l", source="a", target="b"),)))
        with pytest.raises(e.EditError, match="names none"):
            e.History(broken)


def test_numbers_of_variadic_ports_close_up() -> None:
    cls = next(c for c in registry.entries("layer") if c.variadic)  # type: ignore[attr-defined]
    node = e.AddNode(cls()).made(Project())
    links = [Link(id=str(port), source="x", target=node.id, port=port) for port in (5, 2, 9)]
    assert [(link.id, link.port) for link in compacted(links, Network(nodes=(node,)))] == [("5", 1), ("2", 0), ("9", 2)]


def test_frames_are_not_called_notes() -> None:
    frame, note = e.AddNote("a", (0.0, 0.0), frame=True), e.AddNote("b", (9.0, 9.0))
    project = note.apply(frame.apply(Project()))
    for id, word in ((frame.id, "frame"), (note.id, "note")):
        for edit in (
            e.SetNote(id, words="c"),
            e.SetNote(id, size=(90.0, 90.0)),
            e.MoveNodes({id: (1.0, 2.0)}),
            e.RemoveNotes((id,)),
        ):
            assert edit.describe(project).split()[-1] == word
        assert e.duplicate(project, (id,)).describe(project) == f"Duplicate {word}"
    assert e.RemoveNotes((frame.id, note.id)).describe(project) == "Delete 2 notes"
