"""A run's record as a worker leaves it."""

from __future__ import annotations

from pathlib import Path


def a_record() -> bytes:
    """With epochs, a journal with changes of all kinds of values, and an end."""
    from playground.training.journal import Journal
    from playground.training.messages import EpochRecord, Finished
    from playground.training.run_record import RunRecord
    from tests.ui.networks import moons

    record = RunRecord(Path("run"), moons(), {"seed": 1, "versions": {"numpy": "2"}}, ("a note",))
    for epoch in range(1, 4):
        metrics = {"accuracy": 0.5 + 0.1 * epoch}
        record.add_epoch(EpochRecord(**_fields(EpochRecord, epoch=epoch, step=10 * epoch, metrics=metrics)))
    record.finish(Finished(**_fields(Finished, reason="done", step=30, last_step=30, seconds=1.5, state_sha256="ab" * 32)))
    journal = Journal()
    journal.add("start", 0, "seed", None, 1)
    journal.add("knob", 5, "rate", 0.01, 0.02)
    journal.add("plan", 8, "", {"training/fields/batch": 16}, {"training/fields/batch": 32})
    return record.encoded(journal)


def _fields(record: type, **given: object) -> dict[str, object]:
    """Values for all fields of a record, of the right type."""
    import dataclasses

    usual = {"int": 0, "float": 0.5, "str": "", "bool": False}
    found: dict[str, object] = {}
    for field in dataclasses.fields(record):
        kind = str(field.type)
        if field.name in given:
            found[field.name] = given[field.name]
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            found[field.name] = usual.get(kind.partition(" ")[0], None if "None" in kind else {})
    return found
