"""The process that takes weights from a file: it has the engine and ONNX, which never enter the window's process.

Arguments: how many data paths were picked, these paths, the project (a copy of its own, which gets the weights), the file.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from playground.errors import PlaygroundError
from playground.ui import lifeline

REFUSED = 2


def main(words: Sequence[str]) -> int:
    from playground.cli.opening import Unready, check, open_project
    from playground.cli.output import Output
    from playground.cli.weights import take_weights
    from playground.data.readers.places import pick

    count = int(words[0])
    for path in words[1 : 1 + count]:
        pick(path)
    source, weights = map(Path, words[1 + count :])
    out = Output(json_lines=True)
    try:
        project = open_project(source, out)
        check(project, out)
        take_weights(project, weights, out)
        project.save(source)
    except Unready:
        return REFUSED
    except PlaygroundError as error:
        out.error(str(error))
        return REFUSED
    return 0


if __name__ == "__main__":
    lifeline.hold()
    sys.exit(main(sys.argv[1:]))
