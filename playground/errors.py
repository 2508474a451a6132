"""Errors whose text may be shown to a person as it stands."""


class PlaygroundError(Exception):
    """Something a person can act on: the text says what was expected, what came and what to do."""


class BadValue(PlaygroundError, ValueError):
    """A setting is outside what its field allows."""


class ShapeError(PlaygroundError, ValueError):
    """Tensors that do not fit together. `mend` names a remedy that the window can apply, or is empty."""

    def __init__(self, text: str, mend: str = "") -> None:
        super().__init__(text)
        self.mend = mend


class UnknownKind(PlaygroundError, LookupError):
    """A file or a message names a catalogue entry that this build does not have."""


class FileError(PlaygroundError, OSError):
    """A file that cannot be read or written; the text names the file, the place in it and the next step."""


class DataError(PlaygroundError, ValueError):
    """Data that cannot be used as it is; the text names the row and column where there is one."""
