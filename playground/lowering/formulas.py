"""Parameter counts as text: "2,320 = 16·(3²·16+1)"."""

from __future__ import annotations

from collections.abc import Sequence


def parameter_formula(written: str, shapes: Sequence[tuple[int, ...]], count: int) -> str:
    """Count and how it comes about. written: what the layer says, or "" to spell out the parameters' shapes; "" for none."""
    if not count:
        return ""
    spelled = written or " + ".join("·".join(str(n) for n in shape) or "1" for shape in shapes)
    return f"{count:,} = {spelled}" if spelled != str(count) else f"{count:,}"
