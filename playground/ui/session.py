"""The only wiring of the window: one project with its history, its samples, what is known about it, and its run.

Widgets read from here, listen to signals in the past tense, and ask for changes through methods. No widget knows another.
"""

from __future__ import annotations

from playground.ui.session_files import FilesPart
from playground.ui.session_run import RunPart


class Session(FilesPart, RunPart):
    """What the window is about.

    Signals: project_changed after every edit, undo, redo, open and new · replaced when it is another project · file_changed when
    path or modified changed · inspection_changed once per turn of the event loop after changes · selection_changed · scope_changed
    when another block was opened or left · samples_changed when the data source's samples arrived or failed (`samples`,
    `samples_error`) · run_changed on any event of the run (state, epoch, rate search) · heard(event) for every
    `training.messages.Event`, as it came · tick at 30 Hz while a run is going, or at 15 where it wants every core · message(text,
    level) with level "info", "warning" or "error" · closing before the worker is ended. Who draws live takes `turns`.

    `session_core` holds what it knows, edits, selection and blocks, `session_files` its files, `session_run` the run.
    """

    def close(self) -> None:
        """End the worker and the loader; the session must not be used afterwards."""
        self.closing.emit()
        self._loader.close()
        self.run.close()
