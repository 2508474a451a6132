"""The command line: one file a command under `commands`, one place for output, progress and exit codes.

Exit codes: 0 done; 1 the run, the file or the machine failed; 2 the command or the project has to be mended first.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import playground
from playground.cli.output import Output
from playground.errors import PlaygroundError
from playground.words import LANGUAGES, PSEUDO, VARIABLE

#: Command -> its help, in the order of `playground --help`; each is a module of `playground.cli.commands`, imported when it is used.
COMMANDS = {
    "demo": "open an example in the window, or train it in the terminal where there is no display",
    "new": "make a project file, from an example or from a line of layers",
    "train": "train a project and keep weights, curve and record",
    "replay": "do a run again from its record, with every change on the way, and compare bit for bit",
    "eval": "judge a trained project on a part of its data",
    "lr-find": "raise the learning rate batch by batch and say where the loss falls best",
    "preflight": "look at a project before it trains: can it learn, and what will it cost here",
    "export": "write a trained network as ONNX, safetensors or NPZ, checked by an independent interpreter",
    "picture": "draw the network of a project as SVG or PNG",
    "bench": "measure speed, on request beside PyTorch and JAX in the same run",
    "doctor": "look over this machine: libraries, display, compiler, folders",
}

Window = Callable[[Path | None], int]

FAILED, REFUSED = 1, 2


class Command(Protocol):
    """What a command's module must have."""

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace, out: Output) -> int: ...


def main(argv: Sequence[str] | None = None, window: Window | None = None) -> int:
    """Run a command line and give its exit code. window: opens the window on a project, or on the start page for None."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in COMMANDS:
        return _command(words, window)
    args = _window_parser().parse_args(words)
    if args.language:
        os.environ[VARIABLE] = args.language
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
    out = Output(json_lines="--json" in words)
    try:
        from playground.cli.opening import Unready
        from playground.formats.certificate import ExportBlocked

        args = parser(words[0]).parse_args(words[1:])
        args.window = window
        out = Output(json_lines=args.json)
        return int(args.run(args, out))
    except KeyboardInterrupt:  # first, as it may come before the names below are there
        out.error("Stopped.")
        return FAILED
    except Unready:
        return REFUSED
    except ExportBlocked as error:
        out.error(str(error))
        return FAILED
    except PlaygroundError as error:
        out.error(str(error))
        return REFUSED
    except BrokenPipeError:
        # The reader of a pipe went away, as `| head` does.
        out.hush()
        return FAILED
    except OSError as error:
        if error.filename is None:
            out.hush()
        out.error(f"{error.filename or 'The output'} cannot be used: {error.strerror or error}.")
        return FAILED


def _window_parser() -> argparse.ArgumentParser:
    listing = "\n".join(f"  {name:<10}{text}" for name, text in COMMANDS.items())
    made = argparse.ArgumentParser(
        prog="playground",
        description="Opens the window: build networks on a canvas, train them live, take the weights away.",
        epilog=f"commands:\n{listing}\n\n`playground COMMAND --help` describes one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a .play project to open; without one the start page")
    made.add_argument(
        "--language",
        choices=(*LANGUAGES, PSEUDO),
        metavar="{" + ",".join(LANGUAGES) + "}",
        help="of the window, for this start; otherwise as in its View menu",
    )
    made.add_argument("--version", action="version", version=f"playground {playground.__version__}")
    return made


def parser(name: str) -> argparse.ArgumentParser:
    """The parser of one command."""
    module, text = _module(name), COMMANDS[name]
    made = argparse.ArgumentParser(prog=f"playground {name}", description=f"{text[:1].upper()}{text[1:]}.")
    module.arguments(made)
    made.add_argument("--json", action="store_true", help="print one JSON object a line instead of text")
    made.set_defaults(run=module.run)
    return made


def _module(name: str) -> Command:
    found: Any = importlib.import_module(f"playground.cli.commands.{name.replace('-', '_')}")
    return cast(Command, found)
