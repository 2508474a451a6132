"""A fault of the engine in words."""

from __future__ import annotations

from playground.engine.diagnosis import Fault
from playground.training import messages
from playground.words import sentence


def fault_message(found: Fault, epoch: int) -> messages.Fault:
    """What the window is told. epoch: finished ones."""
    where = found.node or found.op
    what = {"NaN": sentence("NaN"), "infinity": sentence("infinity")}.get(found.what)
    if found.direction == "update" and what is None:
        why = sentence("the update made a weight of {where} as large as {size}", where=where, size=found.what)
    elif found.direction == "update":
        why = sentence("the update of {where} gave a number that is not finite", where=where)
    elif found.direction == "backward":
        why = sentence("the backward pass of {op} in {where} gave {what}", op=found.op, where=where, what=what or found.what)
    else:
        why = sentence("the forward pass of {op} in {where} gave {what}", op=found.op, where=where, what=what or found.what)
    at = {"step": f"{found.step + 1:,}", "epoch": f"{epoch + 1:,}", "batch": f"{found.batch:,}"}
    if found.direction == "start":
        text = sentence(
            "The weights of {where} held a number that is not finite before this step. Re-initialise the layer.", where=where
        )
    elif found.direction == "update":
        text = sentence(
            "Stopped at step {step} (epoch {epoch}, batch {batch}): {why}. The weights are those before it.", why=why, **at
        )
    else:
        text = sentence("Stopped at step {step} (epoch {epoch}, batch {batch}): {why}. The weights are unharmed.", why=why, **at)
    return messages.Fault(
        node=found.node,
        op=found.op,
        direction=found.direction,
        step=found.step,
        text=text,
        batch=found.batch,
        epoch=epoch + 1,
        what=found.what,
    )
