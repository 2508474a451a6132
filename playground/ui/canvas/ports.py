"""The ports of a node: which it has, which show only when they are wanted, what they are called, and where they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from playground.core.spec import Dataset, Layer, Spec
from playground.core.tensor import TensorType
from playground.document.project import Placeholder
from playground.document.wiring import output_names, port_names, port_title, required_ports, variadic
from playground.words import say, strung

APART = 20  # pixels between two ports of one side
LEAST = 14  # pixels to a port that shows only when it is wanted
RIM = 6  # nearest that a port comes to a corner


@dataclass(frozen=True)
class Ports:
    """See `NodeLook`. least_height: pixels that keep the ports apart.  said: for screen readers; "" while there is nothing to choose."""

    ins: int
    outs: int
    variadic: bool
    quiet_in: frozenset[int]
    quiet_out: frozenset[int]
    in_names: tuple[str, ...]
    out_names: tuple[str, ...]
    least_height: float
    said: str


def node_ports(
    spec: Spec | Placeholder, wired: Collection[int], used: Collection[int], types: Sequence[TensorType | None] | None
) -> Ports:
    """wired, used: its input ports and its outputs that have wires. types: of its outputs, where known.

    An optional input and a further output are quiet until they have a wire. An output that the data do not have is not there.
    """
    many, most = variadic(spec), max(wired, default=-1) + 1
    ins = max(len(port_names(spec)), most)
    quiet_in = (
        frozenset(range(required_ports(spec), ins)) - frozenset(wired) if isinstance(spec, Spec) and not many else frozenset()
    )
    names = output_names(spec)
    outs = max(len(names), max(used, default=-1) + 1)
    if isinstance(spec, Dataset) and types is not None:
        while outs > 1 and outs - 1 not in used and outs <= len(types) and types[outs - 1] is None:
            outs -= 1
    quiet_out = frozenset(range(1, outs)) - frozenset(used)
    in_names = (
        tuple(say(port_title(spec, k)) + (say(" (optional)") if k in quiet_in else "") for k in range(ins)) if ins > 1 else ()
    )
    out_names = tuple(_output(names, k, types) for k in range(outs)) if outs > 1 else ()
    quiet = max(len(quiet_in), len(quiet_out))
    said = strung(
        (f"{what} {strung(each)}" for what, each in ((say("inputs"), in_names), (say("outputs"), out_names)) if each), "; "
    )
    return Ports(
        ins,
        outs,
        many and isinstance(spec, Layer) and most >= len(spec.ports),
        quiet_in,
        quiet_out,
        in_names,
        out_names,
        2 * (RIM + LEAST * quiet),
        said,
    )


def _output(names: Sequence[str], k: int, types: Sequence[TensorType | None] | None) -> str:
    """The name of an output with what it gives."""
    name = say(names[k]) if k < len(names) and names[k] else say("output {k}", k=k + 1)
    type = types[k] if types is not None and k < len(types) else None
    shape = str(type) if type is not None and type.shape else ""
    return f"{name} · {shape}" if shape else name


def places(count: int, quiet: Collection[int], height: float) -> list[float]:
    """Where the ports of one side stand, from the top: the usual ones round the middle, the quiet ones below them."""
    usual = [k for k in range(count) if k not in quiet]
    apart = min(APART, (height - 2 * RIM) / max(len(usual) - 1, 1))
    found = [0.0] * count
    for at, k in enumerate(usual):
        found[k] = height / 2 + apart * (at - (len(usual) - 1) / 2)
    low = height / 2 + apart * (len(usual) - 1) / 2 if usual else RIM
    below = [k for k in range(count) if k in quiet]
    step = min(APART, max(height - RIM - low, LEAST) / max(len(below), 1))
    for at, k in enumerate(below, 1):
        found[k] = low + step * at
    return found
