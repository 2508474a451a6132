"""Every command has one function that carries it out, found without a list of them."""

from __future__ import annotations

import pytest

from playground.training import handlers, messages, wire


def test_every_command_of_the_wire_has_a_handler() -> None:
    assert set(handlers.table()) == set(wire.COMMANDS.values())


def test_a_command_is_handled_once() -> None:
    handlers.table()
    with pytest.raises(RuntimeError, match="SetKnob is handled twice"):
        handlers.of_run(messages.SetKnob)(lambda worker, run, command: True)


def test_messages_come_from_every_file_of_their_package() -> None:
    homes = {cls.__module__.rpartition(".")[2] for cls in (*wire.EVENTS.values(), *wire.COMMANDS.values())}
    assert homes >= {"finder", "knobs", "process", "run", "watch"}
    assert wire.COMMANDS["Start"] is messages.Start
