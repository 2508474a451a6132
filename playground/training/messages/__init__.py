"""What window and worker say to each other: frozen records, sent as one line of strict JSON each, never pickled.

Numbers that come by the thousand (losses, norms, weights, pictures) lie in shared memory; a message only says that there is news.

One file for each topic. A file that is put here is known to the wire by itself (see `wire`); import what it has from its own module.
"""

from playground.training.messages.base import PROTOCOL, Command, Event, Message
from playground.training.messages.change import Change, ChangeRefused, Entry, Replanned
from playground.training.messages.finder import FinderDone, FinderPoint, FindRate, base_rate
from playground.training.messages.knobs import KnobChanged, SetKnob
from playground.training.messages.process import Compiling, Died, Done, Ready, Shutdown, Silent, Warned
from playground.training.messages.run import (
    Act,
    EpochDone,
    EpochRecord,
    Failed,
    Fault,
    Finished,
    Paused,
    Progress,
    Reset,
    Running,
    Saved,
    SetSpeed,
    Start,
    Started,
)
from playground.training.messages.watch import Grid, WatchGrid, WatchNorms

__all__ = [
    "PROTOCOL",
    "Act",
    "Change",
    "ChangeRefused",
    "Command",
    "Compiling",
    "Died",
    "Done",
    "Entry",
    "EpochDone",
    "EpochRecord",
    "Event",
    "Failed",
    "Fault",
    "FindRate",
    "FinderDone",
    "FinderPoint",
    "Finished",
    "Grid",
    "KnobChanged",
    "Message",
    "Paused",
    "Progress",
    "Ready",
    "Replanned",
    "Reset",
    "Running",
    "Saved",
    "SetKnob",
    "SetSpeed",
    "Shutdown",
    "Silent",
    "Start",
    "Started",
    "Warned",
    "WatchGrid",
    "WatchNorms",
    "base_rate",
]
