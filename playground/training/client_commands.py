"""What a client asks of its worker."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from playground.core.samples import Samples
from playground.document.project import Project
from playground.training import messages, payload
from playground.training.block import Block
from playground.training.line import Line
from playground.training.messages import Command
from playground.training.messages.layers import WatchLayers
from playground.training.messages.slow import StepPhase
from playground.training.messages.tiles import WatchTiles
from playground.training.view import RunView


@dataclasses.dataclass(frozen=True)
class Sent:
    """What was sent with a change."""

    start: messages.Start
    blocks: tuple[Block, ...]
    project: Project
    samples: Samples


class Commands:
    """The buttons, knobs and looks of a run. Every method returns at once; one that does not fit the state does nothing."""

    _line: Line
    _view: RunView | None
    _state: str
    _text: str
    _silent: bool
    #: The worker has given the run up, and lives.
    _broken: bool

    def __init__(self) -> None:
        self._generation = 0
        #: Samples in shared memory, the newest last, and those that the run has or was last asked to have.
        self._held: list[tuple[Samples, tuple[Block, Block]]] = []
        self._used: Samples | None = None
        #: Projects and samples by the serial numbers of the journal's entries that brought them, 0 for the first; which the run has now.
        self._plans: dict[int, tuple[Project, Samples]] = {}
        self._plan = 0
        #: Commands that hold for every run: a new worker is told them before it starts one.
        self._standing: dict[type[Command], Command] = {}
        #: What holds the copies that the present run can go back to; it goes along to other plans and other workers.
        self._past: tuple[Block, ...] = ()
        #: Changes that were asked for and not yet answered, by serial number.
        self._changes: dict[int, Sent] = {}

    def send(self, command: Command) -> int:
        """Hand any command to the worker, if there is one; its serial number, which `Done` repeats."""
        if command.stands:
            self._standing[type(command)] = command
        return self._line.send(command)

    def start(
        self,
        project: Project,
        samples: Samples,
        folder: Path | None = None,
        resume: Path | None = None,
        *,
        every: int = 0,
        paused: bool = False,
    ) -> None:
        """Begin a run, in place of any other. Ends in `Started`, or in `Failed` with a sentence.

        folder: where checkpoints and the run record go; None: nowhere.  resume: a checkpoint to go on from.
        every: keep a checkpoint of every so many epochs.  paused: wait for `resume`, `step_batch` or `step_epoch`.
        """
        self._generation += 1
        blocks = self._blocks_of(project, samples)
        if self._view is not None:
            self._view.close()
        self._drop_past()
        on_disk = Block.on_disk(folder) if folder is not None else None
        self._past = (Block.create(), *([on_disk] if on_disk is not None else []))
        start = self._start_of(
            samples, blocks, folder=str(folder or ""), checkpoint=str(resume or ""), every=every, paused=paused
        )
        self._view = RunView(start, blocks, averaged=project.training.judges_averaged, optimizer=project.training.optimizer)
        self._plans, self._plan, self._used = {0: (project, samples)}, 0, samples
        self._begin(start)
        self._drop_unused()

    def change(self, project: Project, samples: Samples | None = None) -> int:
        """Let the run go on with another plan from its next step on: another batch, schedule, optimizer, thawed layers, other data.

        Ends in `Replanned`, or in `ChangeRefused` with a sentence, and then the run goes on as it was; without either where another
        change is asked for before it is ready. Training goes on until then. samples: other ones, None for those it has. Gives the
        serial number that both name, and `Done` in any case; 0 without a run to change.
        """
        view = self._view
        if (
            view is None
            or self._used is None
            or self._abandoned
            or self._state not in ("running", "paused", "finished", "failed")
        ):
            return 0
        used = self._used if samples is None else samples
        # A change that was asked for before may not come about: another one that follows it takes its place.
        same = all(used is held for held in (self._plans[self._plan][1], *(sent.samples for sent in self._changes.values())))
        start, blocks = self._start_again(project, used)
        command = messages.Change(start=start, same_samples=same)
        serial = self._line.send(command, descriptors=tuple(block.descriptor for block in blocks))
        self._changes[serial], self._used = Sent(start, blocks, project, used), used
        return serial

    def _start_again(self, project: Project, samples: Samples) -> tuple[messages.Start, tuple[Block, ...]]:
        """For the present run with another plan."""
        assert self._view is not None
        blocks, kept = self._blocks_of(project, samples), self._view.start
        start = self._start_of(
            samples, blocks, folder=kept.folder, checkpoint=kept.checkpoint, every=kept.every, paused=kept.paused
        )
        return start, blocks

    def resume(self) -> None:
        """Go on: after a pause, a stop or a fault, or in a new worker when the old one died."""
        if self._view is None:
            return
        if self._abandoned and self._state in ("dead", "finished", "failed"):
            self._continue(paused=False)
        elif self._state in ("paused", "finished", "failed"):
            self._act("resume")

    def pause(self) -> None:
        """Wait after the present step."""
        self._act("pause")

    def step_batch(self) -> None:
        """Do one step, then pause."""
        self._act("step_batch")

    def step_phase(self) -> None:
        """Do the next phase of a step, what one node does in one direction; the first of a new step where none is under way."""
        if self._state in ("paused", "finished", "failed"):
            self.send(StepPhase())

    def step_epoch(self) -> None:
        """Go to the end of the epoch, then pause."""
        self._act("step_epoch")

    def stop(self) -> None:
        """End the run after the present step; its results stay."""
        self._act("stop")

    def kill(self) -> None:
        """End the worker at once, for when `stop` is not heard. Leads to "dead"; `resume` goes on."""
        self._line.kill()

    def reset(self) -> None:
        """Back to the start weights and an empty curve, paused."""
        if self._view is not None and self._abandoned and self._state in ("dead", "finished", "failed"):
            self._view.renew()
            self._begin(dataclasses.replace(self._view.start, checkpoint="", paused=True))
        else:
            self._act("reset")

    def save(self) -> None:
        """Write the checkpoint "last" now."""
        self._act("save")

    def set_knob(self, name: str, value: float) -> None:
        """Change a knob from the next step on; `KnobChanged` tells which step that was."""
        if self._view is not None:
            serial = self.send(messages.SetKnob(name=name, value=float(value)))
            self._view.wanted[name] = (float(value), serial)

    def find_rate(
        self, *, low: float = 1e-7, high: float = 10.0, steps: int = 100, smoothing: float = 0.98, stop_factor: float = 4.0
    ) -> None:
        """Search for a learning rate from the present state, which stays as it is. Ends in `FinderDone`."""
        self.send(messages.FindRate(low=low, high=high, steps=steps, smoothing=smoothing, stop_factor=stop_factor))

    def cancel_find(self) -> None:
        """Leave a search early; `FinderDone` has what was found."""
        self._act("cancel_finder")

    def predict_grid(self, low: tuple[float, float] | None, high: tuple[float, float] | None = None, size: int = 64) -> None:
        """Keep `grid()` up to date, within a twentieth of the worker's time. low None: stop.

        low, high: corners in the data's own unit, (first input, second input); the second counts only where there is one.
        size: points on a side, at most 192.
        """
        if low is None or high is None:
            self.send(messages.WatchGrid(low=(0.0, 0.0), high=(1.0, 1.0), size=0))
        else:
            self.send(messages.WatchGrid(low=low, high=high, size=size))

    def watch_tiles(
        self,
        nodes: tuple[tuple[str, int], ...],
        low: tuple[float, float] = (0.0, 0.0),
        high: tuple[float, float] = (1.0, 1.0),
        sample: int = 0,
        mark: int = 0,
    ) -> None:
        """Keep `pictures()` of these nodes up to date, within a twelfth of the worker's time; no nodes: stop.

        nodes: names in the run and the first unit that shows.  low, high: the input plane, for data with two inputs.
        sample: whose outputs are shown.  mark: a number that comes back with the pictures.
        """
        self.send(WatchTiles(nodes=nodes, low=low, high=high, sample=sample, mark=mark))

    def watch_norms(self, on: bool) -> None:
        """Measure the layers' norms, outputs and histograms now and then (on from the start), or do not."""
        self.send(messages.WatchNorms(on=on))

    def watch_layers(self, what: str, on: bool) -> None:
        """Look into the layers of a large network too, until the run ends; small ones always are. what: "activations", "histograms"."""
        self.send(WatchLayers(what=what, on=on))

    def set_speed(self, steps_per_second: float) -> None:
        """Do at most so many steps a second, to watch them; 0 is full speed. Survives the end of a run and of a worker."""
        self.send(messages.SetSpeed(steps_per_second=float(steps_per_second)))

    # What happens behind.

    def _blocks_of(self, project: Project, samples: Samples) -> tuple[Block, ...]:
        """What a run is given, in the order of `payload.BLOCKS`."""
        x, y = self._sample_blocks(samples)
        return (Block.holding(payload.pack(project, samples)), x, y, Block.create(), Block.create())

    def _start_of(
        self, samples: Samples, blocks: tuple[Block, ...], *, folder: str, checkpoint: str, every: int, paused: bool
    ) -> messages.Start:
        return messages.Start(
            blocks={name: block.nbytes for name, block in zip(payload.BLOCKS, blocks, strict=True)},
            x_shape=samples.x.shape,
            y_shape=samples.y.shape,
            y_dtype=samples.y.dtype.str,
            folder=folder,
            checkpoint=checkpoint,
            every=every,
            generation=self._generation,
            continued=False,
            paused=paused,
        )

    def _replanned(self, serial: int) -> Sent | None:
        """What was sent with a change that has been answered; it is asked for once."""
        return self._changes.pop(serial, None)

    def _has(self, plan: int, project: Project, samples: Samples) -> None:
        """The run has this plan now. plan: its serial number."""
        self._plans[plan], self._plan = (project, samples), plan
        if not self._changes:
            self._used = samples
        self._drop_unused()

    def _forget_changes(self) -> None:
        """Those that were sent to a worker which is no more."""
        for serial in list(self._changes):
            self._drop_change(serial)

    def _drop_change(self, serial: int) -> None:
        sent = self._changes.pop(serial, None)
        for block in (sent.blocks[0], *sent.blocks[3:]) if sent else ():
            block.close()
        if not self._changes and self._plan in self._plans:
            self._used = self._plans[self._plan][1]
        self._drop_unused()

    def _sample_blocks(self, samples: Samples) -> tuple[Block, Block]:
        """The samples in shared memory; the same samples are copied once."""
        for held, blocks in self._held:
            if held is samples:
                return blocks
        made = (Block.holding(samples.x), Block.holding(samples.y))
        self._held.append((samples, made))
        return made

    def _drop_unused(self) -> None:
        """Samples that neither the run has nor a change that was asked for."""
        used = [*(self._view.blocks if self._view else ()), *(block for sent in self._changes.values() for block in sent.blocks)]
        kept = [one for one in self._held if one[1][0] in used or one[0] is self._used]
        for one in self._held:
            if not any(one is other for other in kept):
                for block in one[1]:
                    block.close()
        self._held = kept

    def _drop_past(self) -> None:
        for block in self._past:
            block.close()
        self._past = ()

    def _drop_samples(self) -> None:
        for _, blocks in self._held:
            for block in blocks:
                block.close()
        self._held, self._used, self._plans = [], None, {}

    def _begin(self, start: messages.Start) -> None:
        """Send the run to a worker, new or waiting."""
        assert self._view is not None
        self._line.leave_killed()
        self._line.launch()
        self._forget_changes()
        self._state, self._text = "starting", ""
        self._silent = False
        for command in self._standing.values():
            self._line.send(command)
        start = dataclasses.replace(start, past=len(self._past))
        self._line.send(start, descriptors=tuple(block.descriptor for block in (*self._view.blocks, *self._past)))

    def _continue(self, *, paused: bool) -> None:
        """Let a new worker take over what the dead one left."""
        view = self._view
        assert view is not None
        whole = view.board is not None
        if not whole:
            view.renew()
        self._begin(dataclasses.replace(view.start, continued=whole, paused=paused))
        for name, (value, _) in list(view.wanted.items()):
            self.set_knob(name, value)

    def _act(self, what: str) -> None:
        if self._state in ("starting", "running", "paused", "finished", "failed"):
            self.send(messages.Act(what=what))

    @property
    def _abandoned(self) -> bool:
        """No worker has the run any more."""
        return self._line.process is None or self._broken
