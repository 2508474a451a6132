"""Photographs every view of the window, in both themes and in every language, so that they can be laid beside the design.

`python -m tests.pictures.views FOLDER` writes FOLDER/<view>_<theme>_<language>.png; `--only train stopped`, `--theme dark` and
`--language zh_CN` choose. It drives the real program without a display, in a home of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from playground import words
from playground.core import registry
from playground.document.edits import AddNode, ReplaceSpec, SetPlan
from playground.training.runs import kept
from playground.ui import theme
from playground.ui.compare.choice import choice_of
from playground.ui.dialogs.example_cards import ExampleCard
from playground.ui.documents import Documents
from playground.ui.lessons.coach import coach_of
from playground.ui.lessons.progress import lessons
from playground.ui.measure.stage import Stage, own_home, spin, stage, until
from playground.ui.panels.draw import DrawPanel
from playground.ui.steering.travel import travels_of
from tests.pictures import returns, states  # noqa: F401  # they enter their views
from tests.pictures.leading import LAPTOP, PATIENCE, VIEWS, WIDE, answered, choose, example, train_to, view, whole_run
from tests.ui import synthetic

THEMES = ("light", "dark")


@view
def start(on: Stage) -> None:
    on.window.show_start()
    until(lambda: any(card.isVisible() for card in on.window.findChildren(ExampleCard)), "the cards of the examples", PATIENCE)


@view
def build(on: Stage) -> None:
    example(on, "digits_cnn", "build")
    whole_run(on)
    on.window.show_layout("build")
    choose(on, "conv2")


@view
def train(on: Stage) -> None:
    example(on, "spiral_mlp", "train")
    train_to(on, 500)
    on.session.do(SetPlan("training", "optimizer.rate", 0.03))
    until(lambda: on.session.client.step >= 900, "step 900")


@view
def train_laptop(on: Stage) -> None:
    on.window.resize(LAPTOP)
    train(on)


@view
def forked(on: Stage) -> None:
    train(on)
    on.session.pause()
    until(lambda: on.session.client.state == "paused", "the pause")
    travels = travels_of(on.session)
    travels.pick(400)
    travels.fork()
    until(lambda: on.session.client.step <= 400 and on.session.client.state == "paused", "the fork")
    on.session.resume()
    until(lambda: on.session.client.step >= 650, "step 650")


@view
def activations(on: Stage) -> None:
    example(on, "spiral_mlp", "train")
    on.window.show_panel("activations")
    on.window.show_panel("histograms")
    train_to(on, 700)


@view
def stopped(on: Stage) -> None:
    """A run that diverged: the loss of squares takes the rate up to infinity."""
    example(on, "diabetes", "train")
    on.session.do(SetPlan("training", "optimizer", registry.find("optimizer", "momentum")(rate=0.001)), whole=True)
    on.session.do(SetPlan("training", "epochs", 1000))
    train_to(on, 200)
    on.session.do(SetPlan("training", "optimizer.rate", 100.0))
    until(lambda: on.session.client.state == "failed", "the fault", PATIENCE)


@view
def compare(on: Stage) -> None:
    example(on, "spiral_mlp", "train")
    on.session.do(SetPlan("training", "epochs", 20))
    for rate, batch in ((0.01, 32), (0.03, 32), (0.003, 64)):
        on.session.do(SetPlan("training", "optimizer.rate", rate))
        on.session.do(SetPlan("training", "batch", batch))
        whole_run(on)
    on.window.show_layout("compare")
    choice = choice_of(on.session)
    until(lambda: len(kept(on.session.shelf)) >= 3, "the runs")
    choice.refresh()
    for run in choice.runs[:3]:
        choice.draw(run.folder, True)
    choice.compare([run.folder for run in choice.runs[:2]])


@view
def rate_finder(on: Stage) -> None:
    example(on, "digits_cnn", "train")
    on.window.open_dialog("rate_finder")
    answered(on)


@view
def rate_fan(on: Stage) -> None:
    example(on, "spiral_mlp", "train")
    train_to(on, 300)
    on.window.open_dialog("rate_fan")
    answered(on)


@view
def preflight(on: Stage) -> None:
    example(on, "digits_cnn", "train")
    on.window.actions_made["preflight"].trigger()
    answered(on)


@view
def empty(on: Stage) -> None:
    on.session.new()
    on.window.leave_start()
    on.window.show_layout("build")


@view
def refused(on: Stage) -> None:
    """A wire from a picture to a dense layer, held over the port that refuses it."""
    example(on, "digits_cnn", "build")
    on.session.do(AddNode(registry.find("layer", "lstm")(), (520.0, 440.0)))
    canvas = on.window.canvas
    canvas.zoom_to_fit(most=1.0)
    spin(0.3)
    nodes = {node.name: node.id for node in on.session.project.network.nodes}
    source, target = canvas.canvas.nodes[nodes["conv1"]], canvas.canvas.nodes[nodes["lstm1"]]
    begin = canvas.mapFromScene(source.mapToScene(source.port("out")))
    end = canvas.mapFromScene(target.mapToScene(target.port("in")))
    synthetic.press(canvas, QPointF(begin))
    for share in (0.3, 0.7, 1.0):
        synthetic.move(canvas, QPointF(begin) + (QPointF(end) - QPointF(begin)) * share)


@view
def quick_list(on: Stage) -> None:
    example(on, "digits_cnn", "build")
    on.window.canvas.open_quick_add()


@view
def commands(on: Stage) -> None:
    example(on, "spiral_mlp", "build")
    on.window.open_commands("rate")


@view
def paint(on: Stage) -> None:
    example(on, "spiral_mlp", "build")
    (source,) = on.session.project.network.of_kind("dataset")
    on.session.do(ReplaceSpec(source.id, registry.find("dataset", "painted")()))
    until(lambda: on.session.samples is not None and not on.session.loading, "the points")
    (source,) = on.session.project.network.of_kind("dataset")
    on.session.select([source.id])


@view
def draw(on: Stage) -> None:
    example(on, "digits_cnn", "train")
    whole_run(on)
    on.window.show_panel("draw")
    on.window.findChildren(DrawPanel)[0].take_sample()


@view
def lesson(on: Stage) -> None:
    coach = coach_of(on.window)
    coach.begin(lessons()[0])
    until(lambda: on.session.samples is not None and on.session.ready, "the data")
    coach.show_step(1)


@view
def sequence(on: Stage) -> None:
    example(on, "adding_lstm", "build")


@view
def export(on: Stage) -> None:
    example(on, "spiral_mlp", "build")
    whole_run(on)
    on.window.open_dialog("export")


@view
def import_data(on: Stage) -> None:
    example(on, "spiral_mlp", "build")
    on.window.open_dialog("import_data")


@view
def reference(on: Stage) -> None:
    example(on, "digits_cnn", "build")
    choose(on, "conv2")
    on.window.open_dialog("reference")


@view
def shortcuts(on: Stage) -> None:
    example(on, "spiral_mlp", "build")
    on.window.show_shortcuts()


def photograph(on: Stage, path: Path) -> None:
    """The window, with the dialogs over it where they would stand."""
    spin(0.9)
    picture = on.window.grab()
    painter = QPainter(picture)
    for top in QApplication.topLevelWidgets():
        if top is not on.window and isinstance(top, QWidget) and top.isVisible() and top.parent() is not None:
            at = QPoint((on.window.width() - top.width()) // 2, (on.window.height() - top.height()) // 2)
            painter.drawPixmap(on.window.mapFromGlobal(top.pos()) if isinstance(top, QMenu) else at, top.grab())
    painter.end()
    picture.save(str(path), "PNG")  # type: ignore[call-overload]


def close_others(on: Stage) -> None:
    """Every window but the main one."""
    for top in QApplication.topLevelWidgets():
        if top is not on.window:
            top.close()


def take_all(folder: Path, names: list[str], themes: list[str], language: str) -> list[str]:
    """Every view in a window of its own. Gives what went wrong, a line each."""
    wrong = []
    Documents.may_leave = lambda self: True  # type: ignore[method-assign]  # nobody is there to answer
    for name in names:
        try:
            with own_home(), stage() as on:
                words.set_language(language)
                theme.apply(on.app, themes[0])
                on.window.resize(WIDE)
                VIEWS[name](on)
                for mode in themes:
                    theme.apply(on.app, mode)
                    photograph(on, folder / f"{name}_{mode}_{language}.png")
                close_others(on)
                if on.session.run.going:
                    on.session.stop()
                    until(lambda on=on: not on.session.run.going, "the end", PATIENCE)  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001  # the other views are wanted all the same
            wrong.append(f"{name}, {language}: {type(error).__name__}: {error}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", choices=sorted(VIEWS), default=list(VIEWS))
    parser.add_argument("--theme", nargs="+", choices=THEMES, default=list(THEMES))
    parser.add_argument("--language", nargs="+", choices=sorted(words.LANGUAGES), default=sorted(words.LANGUAGES))
    asked = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")  # the platform's word on size hints, at every dialog
    asked.folder.mkdir(parents=True, exist_ok=True)
    if len(asked.language) > 1:  # a window speaks the language it was started in
        return max(
            subprocess.run(
                [sys.executable, "-m", "tests.pictures.views", str(asked.folder), "--only", *asked.only,
                 "--theme", *asked.theme, "--language", language],
                env={**os.environ, words.VARIABLE: language},
            ).returncode
            for language in asked.language
        )  # fmt: skip
    os.environ[words.VARIABLE] = asked.language[0]
    wrong = take_all(asked.folder, asked.only, asked.theme, asked.language[0])
    print("\n".join(wrong or [f"{len(asked.only) * len(asked.theme)} pictures in {asked.folder}"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
