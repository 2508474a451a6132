"""Names that the program gave: of its own projects and of the classes of its own data, as each language shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from playground import words
from playground.core import registry
from playground.document.edits import SetProject
from playground.paths import assets_dir
from playground.ui.inspector.facts import node_facts
from playground.ui.session import Session
from playground.words import say

ROOM = Path()


@pytest.fixture
def chinese() -> Iterator[None]:
    words.set_language("zh_CN")
    yield
    words.set_language("en")


def test_a_project_of_ours_is_named_in_the_language_until_it_is_saved(session: Session, chinese: None, tmp_path: Path) -> None:
    session.new()
    assert (session.title, session.project.name) == ("未命名", "untitled")
    assert session.open(assets_dir() / "examples" / "spiral_mlp.play")
    assert session.title == "Spiral", "a file that somebody opened has the name that its owner gave it"
    session.detach(ours=True)
    assert (session.title, session.project.name) == ("螺旋", "Spiral")
    words.set_language("en")
    assert session.title == "Spiral"
    words.set_language("zh_CN")
    assert session.save(tmp_path / "a.play")
    assert session.title == "Spiral"
    session.new()
    session.do(SetProject(name="Spiral"))
    assert session.title == "Spiral", "a name that somebody typed"


def test_what_is_said_of_a_block_and_of_a_file_that_is_none(
    session: Session, chinese: None, qtbot: QtBot, tmp_path: Path
) -> None:
    assert session.open(assets_dir() / "examples" / "digits_resnet.play")
    use = next(node for node in session.project.network.nodes if node.name == "halving1")
    qtbot.waitUntil(lambda: "参数" in dict(node_facts(session, use)))
    assert dict(node_facts(session, use))["参数"] == "14,496 个，分布在 5 层"
    told: list[str] = []
    session.message.connect(lambda text, _: told.append(say(text)))
    (tmp_path / "x.play").write_bytes(b"nope")
    assert not session.open(tmp_path / "x.play")
    assert told == ["无法打开 x.play。这不是项目文件。请选择别的文件。"]


def test_classes_of_our_data_are_named_in_the_language_and_those_of_files_are_not(chinese: None) -> None:
    spirals = registry.find("dataset", "spirals")()
    samples = spirals.load(ROOM)
    assert samples.class_names == ("class 1", "class 2")
    assert [words.named(name) for name in samples.class_names] == ["类别 1", "类别 2"]
    adding = registry.find("dataset", "adding_problem")(samples=20).load(ROOM)
    assert [words.named(name) for name in adding.class_names] == ["不大于 1", "大于 1"]
    assert words.named("Loss") == "Loss", "a word of a person's own that we happen to have"
    assert np.unique(samples.y).tolist() == [0, 1]
