"""The command line: one file a command under `commands`, one place for output, progress and exit codes.

Exit codes: 0 done; 1 the run, the file or the machine failed; 2 the command or the project has to be mended first.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import playground
from playground.cli.output import Output
from playground.errors import PlaygroundError

#: In the order of `playground --help`; each is a module of `playground.cli.commands`.
COMMANDS = ("demo", "new", "train", "eval", "lr-find", "export", "bench", "doctor")

Window = Callable[[Path | None], int]

FAILED, REFUSED = 1, 2


class Command(Protocol):
    """What a command's module must have."""

    HELP: str

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace, out: Output) -> int: ...


def main(argv: Sequence[str] | None = None, window: Window | None = None) -> int:
    """Run a command line and give its exit code. window: opens the window on a project, or on the start page for None."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in COMMANDS:
        return _command(words, window)
    args = _window_parser().parse_args(words)
    if args.file is not None and not args.file.is_file():
        print(f"There is no file {args.file}. `playground new {args.file}` makes one.", file=sys.stderr)
        return REFUSED
    return open_window(args.file, window)


def open_window(file: Path | None, window: Window | None) -> int:
    """The window, or a sentence where there is no display. Qt would abort the process instead."""
    from playground.cli.display import missing_display

    reason = missing_display()
    if reason or window is None:
        print(reason or "This build has no window.", file=sys.stderr)
        return REFUSED
    return window(file)


def _command(words: Sequence[str], window: Window | None) -> int:
    args = parser().parse_args(words)
    out = Output(json_lines=args.json)
    args.window = window
    try:
        return int(args.run(args, out))
    except PlaygroundError as error:
        out.error(str(error))
        return REFUSED
    except BrokenPipeError:
        # The reader of a pipe went away, as `| head` does; Python would complain once more when it flushes at exit.
        sys.stderr.close()
        return FAILED
    except KeyboardInterrupt:
        out.error("Stopped.")
        return FAILED


def _window_parser() -> argparse.ArgumentParser:
    listing = "\n".join(f"  {name:<10}{_module(name).HELP}" for name in COMMANDS)
    made = argparse.ArgumentParser(
        prog="playground",
        description="Opens the window: build networks on a canvas, train them live, take the weights away.",
        epilog=f"commands:\n{listing}\n\n`playground COMMAND --help` describes one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a .play project to open; without one the start page")
    made.add_argument("--version", action="version", version=f"playground {playground.__version__}")
    return made


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    made = argparse.ArgumentParser(prog="playground")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = _module(name)
        one = commands.add_parser(name, help=module.HELP, description=module.HELP[:1].upper() + module.HELP[1:] + ".")
        module.arguments(one)
        one.add_argument("--json", action="store_true", help="print one JSON object a line instead of text")
        one.set_defaults(run=module.run)
    return made


def _module(name: str) -> Command:
    found: Any = importlib.import_module(f"playground.cli.commands.{name.replace('-', '_')}")
    return cast(Command, found)
