"""Copying between windows."""

from __future__ import annotations

import pytest

from playground.document import clipboard
from playground.document import edits as e
from playground.document.project import Network, Project
from tests.document.making import a_project


def shape(network: Network) -> object:
    """A network without its ids."""
    place = {node.id: at for at, node in enumerate(network.nodes)}
    return (
        [(node.name, node.spec, node.position, node.frozen, node.rate_factor) for node in network.nodes],
        [(place[link.source], place[link.target], link.port) for link in network.links],
        [(note.text, note.position, note.size) for note in network.notes],
    )


@pytest.mark.parametrize("seed", range(40))
def test_what_is_copied_is_pasted(seed: int) -> None:
    project = a_project(seed)
    everything = [thing.id for thing in (*project.network.nodes, *project.network.notes)]
    text = clipboard.to_text(project, everything)
    assert text.startswith("playground nodes 1\n")
    fragment = clipboard.from_text(text)
    assert shape(fragment) == shape(project.network)
    assert not {node.id for node in fragment.nodes} & set(everything)
    history = e.History(Project())
    history.do(e.Paste(fragment, (0.0, 0.0)))
    assert shape(history.project.network) == shape(project.network)


def test_pasting_into_the_same_canvas_gives_new_names_and_places() -> None:
    project = a_project(7)
    ids = [node.id for node in project.network.nodes]
    history = e.History(project)
    for _ in range(2):  # the same text twice
        history.do(e.Paste(clipboard.from_text(clipboard.to_text(project, ids)), (24.0, 24.0)))
    names = [node.name for node in history.project.network.nodes]
    assert len(set(names)) == len(names) == 3 * len(ids)
    old, new = project.network.nodes[0], history.project.network.nodes[len(ids)]
    assert new.position == (old.position[0] + 24.0, old.position[1] + 24.0)
    history.undo()
    history.undo()
    assert history.project == project


def test_only_wires_between_what_is_copied_come_along() -> None:
    project = next(made for made in map(a_project, range(50)) if made.network.links)
    link = project.network.links[0]
    assert len(clipboard.from_text(clipboard.to_text(project, [link.source])).links) == 0
    both = clipboard.from_text(clipboard.to_text(project, [link.source, link.target]))
    assert len(both.nodes) == 2
    assert len(both.links) >= 1


def test_the_words_of_the_step() -> None:
    project = a_project(7)
    ids = [node.id for node in project.network.nodes]
    history = e.History(project)
    paste = e.duplicate(project, ids[:1])
    history.do(paste)
    assert history.undo_text == f"Duplicate {project.network.nodes[0].name}"
    assert set(paste.nodes) <= {node.id for node in history.project.network.nodes}
