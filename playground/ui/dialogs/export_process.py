"""The process that exports: the command line, allowed to read the data files that a person picked in the window.

Arguments: how many paths were picked, these paths, then the arguments of `playground export`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from playground.ui import lifeline


def main(words: Sequence[str]) -> int:
    from playground import cli
    from playground.data.readers.places import pick

    count = int(words[0])
    for path in words[1 : 1 + count]:
        pick(path)
    return cli.main(["export", *words[1 + count :]])


if __name__ == "__main__":
    lifeline.hold()
    sys.exit(main(sys.argv[1:]))
