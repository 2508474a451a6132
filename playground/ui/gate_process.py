"""The process that judges a formula and keeps it. Arguments: name, formula. It prints one JSON object: good, text, check."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from playground.errors import PlaygroundError
from playground.ui import lifeline
from playground.words import packed, sentence


def main(words: Sequence[str]) -> int:
    from playground.api.own_layers import FormulaRefused, add_to_palette

    name, formula = words
    try:
        layer, judged = add_to_palette(name, formula)
    except PlaygroundError as error:
        check = error.check if isinstance(error, FormulaRefused) else "name"
        print(json.dumps({"good": False, "text": packed(str(error)), "check": check}))
        return 1
    text = sentence("{name} is in the palette. {judged}", name=layer.name, judged=judged.sentence())
    print(json.dumps({"good": True, "text": packed(text), "check": ""}))
    return 0


if __name__ == "__main__":
    lifeline.hold()
    sys.exit(main(sys.argv[1:]))
