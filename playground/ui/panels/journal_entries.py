"""What happened to the run, as the panels show it: the run's own journal in words, with deaths and warnings between."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from playground.core.fields import fields_of
from playground.core.spec import Spec
from playground.document.edits import Edit, SetField, SetNodeOption, SetPlan
from playground.document.options import NODE_OPTIONS
from playground.document.patch import SetValues
from playground.document.project import Project
from playground.lowering import lower
from playground.lowering.expansion import expanded
from playground.lowering.folding import local_edit
from playground.training import journal as records
from playground.training import messages
from playground.training.runs import Kept
from playground.ui.compare.restored import restored_of
from playground.ui.inspector.following import follow_knobs
from playground.ui.panels.journal_words import plan_words
from playground.ui.plots.axis import short
from playground.ui.plots.marks import Mark
from playground.words import capital, part_of, say, sentence, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Kinds of entries that plots mark.
MARKED = ("knob", "plan", "fault", "reinit")
#: Colour of the lines that belong to a curve that was left.
LEFT = "text3"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One line. words: the text, and the short text on the plots, "" for no mark, in the language spoken when they are asked for.

    marked: on the plots too; False for what belongs to a curve that was left.  knob, before: what was turned, and its value until then.
    values: places of the project and what stood there before, for a change of the plan.  gesture: the step of undo that it was, None
    where that is not known.
    """

    step: int
    words: Callable[[], tuple[str, str]]
    icon: str = "clock"
    token: str = "text2"
    marked: bool = True
    knob: str = ""
    before: float = 0.0
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    gesture: int | None = None

    @property
    def text(self) -> str:
        return self.words()[0]

    @property
    def flag(self) -> str:
        return self.words()[1] if self.marked else ""

    @property
    def undoable(self) -> bool:
        return bool(self.knob or self.values)


class Journal(QObject):
    """The lines of the present run, oldest first. changed: after every new one."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.entries: list[Entry] = []
        self._known: list[records.Entry] = []
        #: Serial numbers of the run's entries -> the steps of undo that they were.
        self._gestures: dict[int, int | None] = {}
        #: The run began anew with the button, not as another run.
        self._again = False
        session.heard.connect(self._heard)
        session.replaced.connect(self._leave)
        self.restored = restored_of(session)
        self.restored.changed.connect(self._show_restored)
        self._read()
        self._show_restored()

    def marks(self) -> list[Mark]:
        """The lines that plots show."""
        return [Mark(entry.step, flag, entry.token) for entry in self.entries if (flag := entry.flag)]

    def rows(self) -> list[tuple[int, str, str, str]]:
        """(step, icon, token, text) of every line, newest first; what going back has left behind is paler than the rest."""
        return [(e.step, e.icon, e.token if e.marked else LEFT, e.text) for e in reversed(self.entries)]

    def take_back(self, row: int) -> bool:
        """Bring back what one of `rows` changed, as an edit of the project that the run follows. False for a line that changed nothing."""
        if not 0 <= row < len(self.entries):
            return False
        entry = self.entries[-1 - row]
        edit = self._undoing(entry) if entry.undoable else None
        return edit is not None and self.session.do(edit, whole=True)

    def _undoing(self, entry: Entry) -> Edit | None:
        if entry.values:
            values = tuple((path, json.dumps(value)) for path, value in entry.values.items())
            return SetValues(sentence("Take back {change}", change=entry.words()[1] or entry.text), values)
        project, samples = self.session.project, self.session.samples
        owner, colon, option = entry.knob.partition(":")
        if colon and owner != "penalty":
            node = next((node for node in project.network.nodes if node.name == owner), None)
            if node is None:
                return None
            if option == "rate_factor" and node.frozen and node.rate_factor == entry.before:
                # Runs of before freezing was a change of plan froze a layer by a factor of 0.
                return SetNodeOption(node.id, "frozen", False)
            return SetNodeOption(node.id, option, entry.before)
        infos = lower(project, samples).knobs if samples is not None and self.session.ready else ()
        info = next((info for info in infos if info.name == entry.knob), None)
        if info is None:
            return None
        return (
            local_edit(project, SetField(info.node, info.path, entry.before))
            if info.node
            else SetPlan("training", info.path, entry.before)
        )

    def _heard(self, event: object) -> None:
        if isinstance(event, messages.Done | messages.Progress | messages.Grid | messages.EpochDone | messages.Compiling):
            return
        if isinstance(event, messages.Reset) or (isinstance(event, messages.Started) and event.step == 0):
            self._again = isinstance(event, messages.Reset)
            self._known, self.entries, self._gestures = [], [], {}
        changed = self._read()
        match event:
            case messages.Started() if event.step > 0:
                self.entries.append(Entry(step=event.step, words=lambda: (say("Went on"), ""), icon="play"))
            case messages.Died():
                self.entries.append(
                    Entry(step=event.step, words=lambda: (say(event.text), say("worker ended")), icon="error", token="error")
                )
            case messages.Warned():
                step = self.session.client.step
                self.entries.append(Entry(step=step, words=lambda: (say(event.text), ""), icon="warn", token="warn"))
            case _ if not changed:
                return
        self.changed.emit()

    def _leave(self) -> None:
        """Another project has another journal: lines of the one before would be taken back in a network that they are not of."""
        self._known, self.entries, self._gestures, self._again = [], [], {}, False
        self._read()
        self.changed.emit()

    def _show_restored(self) -> None:
        """The lines of a kept run that was brought back, in place of those of the run before."""
        run = self.restored.run
        if run is None:
            return
        self._known, self.entries, self._again = [], [], False
        self._gestures = {entry.serial: None for entry in run.journal}
        for entry in run.journal:
            self._add(entry)
        self._put(run.steps, lambda: say("Run {number} restored", number=run.number), icon="rewind")
        self.changed.emit()

    def _read(self) -> bool:
        """Take in what is new in the run's journal; whether there was anything."""
        found, old = self.session.client.journal(), len(self._known)
        if len(found) == old and (not old or found[-1] is self._known[-1]):
            return False
        if old > len(found) or (old and found[old - 1] is not self._known[-1]):  # begun anew, or put in another order
            self.entries, old = [], 0
        for entry in found[old:]:
            self._add(entry)
        self._known = found
        return True

    def _add(self, entry: records.Entry) -> None:
        step, again, project = entry.step, self._again, self.session.project
        match entry.kind:
            case "start" if entry.what == "seed":
                self._put(
                    step,
                    lambda: say("Reset to the start weights") if again else say("Started, seed {seed}", seed=entry.after),
                    icon="reset" if again else "play",
                )
            case "start":
                self._put(step, lambda: say("Started from a checkpoint"), icon="play")
            case "knob":
                self._turned(entry)
            case "plan":
                *_, values = plan_words(project, entry.before, entry.after)
                self.entries.append(Entry(step=step, words=lambda: _planned(project, entry), icon="bolt", values=values))
            case "fault":
                self.entries.append(Entry(step=step_of(entry), words=lambda: _faulty(entry), icon="error", token="error"))
            case "end":
                self._put(entry.after, lambda: _ended(entry), icon="check")
            case "resume":
                self._put(step, lambda: say("Went on"), icon="play")
            case "rewind" | "fork":
                # Flags of later steps go with the curve that they stood on.
                self.entries = [dataclasses.replace(e, marked=False) if e.step > entry.after else e for e in self.entries]
                self._put(
                    entry.after,
                    lambda: say(
                        "Forked from step {before}" if entry.kind == "fork" else "Rewound from step {before}",
                        before=f"{entry.before:,}",
                    ),
                    icon=entry.kind,
                    token="accent" if entry.kind == "fork" else "text2",
                )
            case "reinit":
                self.entries.append(
                    Entry(step=step, words=lambda: (say("{layer}: start weights again", layer=entry.what),) * 2, icon="reset")
                )

    def _put(self, step: int, text: Callable[[], str], icon: str, token: str = "text2") -> None:
        """A line that no plot marks."""
        self.entries.append(Entry(step=step, words=lambda: (text(), ""), icon=icon, token=token))

    def _turned(self, entry: records.Entry) -> None:
        """What was turned in one go, as by dragging a slider, is one line."""
        if entry.serial not in self._gestures:
            self._gestures[entry.serial] = follow_knobs(self.session).gesture_of(entry.what, entry.after)
        before, gesture = float(entry.before), self._gestures[entry.serial]
        last = self.entries[-1] if self.entries else None
        if last is not None and last.knob == entry.what and gesture is not None and gesture == last.gesture:
            self.entries.pop()
            before = last.before
        project = self.session.project

        def words() -> tuple[str, str]:
            return _turning(project, entry, before)

        self.entries.append(Entry(step=entry.step, words=words, icon="slider", knob=entry.what, before=before, gesture=gesture))


def step_of(entry: records.Entry) -> int:
    """The step that an entry stands at, the first being 1: for a fault the one that could not be done."""
    return entry.step + (entry.kind == "fault")


def marks_of(run: Kept, token: str) -> list[Mark]:
    """What plots mark of a kept run, ascending; what was undone by going back is left out. token: the colour of the run.

    Turns of one knob within a hundredth of the run are one mark.
    """
    found: list[tuple[records.Entry, float]] = []
    for entry in run.journal:
        if entry.kind in ("rewind", "fork"):
            found = [one for one in found if step_of(one[0]) <= entry.after]
        elif entry.kind == "knob" and found and found[-1][0].kind == "knob" and found[-1][0].what == entry.what:
            near = entry.step - found[-1][0].step <= run.steps / 100
            found = [*found[:-1], (entry, found[-1][1])] if near else [*found, (entry, float(entry.before))]
        elif entry.kind in MARKED:
            found.append((entry, float(entry.before) if entry.kind == "knob" else 0.0))
    made = [Mark(step_of(one), _flag(run.ended, one, before), "error" if one.kind == "fault" else token) for one, before in found]
    return [mark for mark in made if mark.text]


def _flag(project: Project, entry: records.Entry, before: float) -> str:
    """The short text on the plots."""
    match entry.kind:
        case "knob":
            return _turning(project, entry, before)[1]
        case "plan":
            return _planned(project, entry)[1]
        case "fault":
            return _faulty(entry)[1]
        case _:
            return say("{layer}: start weights again", layer=entry.what)


def _turning(project: Project, entry: records.Entry, before: float) -> tuple[str, str]:
    label, change = knob_label(project, entry.what), f"{short(before)} → {short(entry.after)}"
    return strung((label, change), ": "), f"{label.lower()} {change}"


def _planned(project: Project, entry: records.Entry) -> tuple[str, str]:
    text, flag, _ = plan_words(project, entry.before, entry.after)
    return strung((text, say(entry.note)), ". ") if entry.note else text, flag


def _faulty(entry: records.Entry) -> tuple[str, str]:
    """What was not finite, or grew too large, comes first: a narrow row shows little more. The step stands before the row."""
    why = part_of(entry.note, "why") or entry.note
    if part_of(why, "size"):
        what = say("{node} too large", node=entry.what)
    else:
        what = say("{node} not finite", node=entry.what) if entry.what else say("not finite")
    return strung((say("Stopped: {what}", what=what), capital(say(why))), ". "), what


def _ended(entry: records.Entry) -> str:
    """How long it took; the step stands before the row."""
    epochs, seconds = part_of(entry.note, "epoch"), part_of(entry.note, "seconds")
    if epochs and seconds:
        return say("Trained {epoch} epochs in {seconds} s.", epoch=epochs, seconds=seconds)
    return say("Trained one epoch in {seconds} s.", seconds=seconds) if seconds else say(entry.note)


def knob_label(project: Project, name: str) -> str:
    """A knob's name as the forms show it: "Learning rate", "drop1 Dropout"."""
    node_name, dot, field_name = name.partition(".")
    if not dot:
        node_name, colon, field_name = name.partition(":")
        if colon:
            return _label_of_part(project, node_name, field_name)
        for spec in (project.training.optimizer, project.training):
            if name in fields_of(spec):
                return say(fields_of(spec)[name].title(name))
        return name
    for node in expanded(project).project.network.nodes:
        if node.name == node_name and isinstance(node.spec, Spec) and field_name in fields_of(node.spec):
            return f"{node_name} {say(fields_of(node.spec)[field_name].title(field_name))}"
    return name


def _label_of_part(project: Project, owner: str, name: str) -> str:
    """A number of the penalty, which may be another one by now, or a factor of the layer `owner`."""
    penalty, of_penalty = project.training.penalty, owner == "penalty"
    fields = fields_of(penalty) if of_penalty else NODE_OPTIONS
    title = say(fields[name].title(name)) if name in fields else name.replace("_", " ")
    of = say(penalty.title if name in fields else "Penalty") if of_penalty else owner
    return f"{of} {title}"


def journal_of(session: Session) -> Journal:
    """The session's journal, made on first use."""
    return session.findChild(Journal) or Journal(session)
