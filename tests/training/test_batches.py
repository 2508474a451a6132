"""The batch-size finder: what it measures is what a run would do, and it stops where memory or patience ends."""

from __future__ import annotations

import pytest

from playground.document.edits import SetPlan
from playground.engine import free_memory
from playground.training import batches
from playground.training.assembly import assemble
from playground.training.batches import Found, Search, outcome
from playground.training.messages.analysis import BatchRecord
from tests.training.networks import convolutional, plain


def test_memory_is_that_of_a_run_with_the_batch() -> None:
    made = assemble(*convolutional())
    search = Search(made, seconds=0.01)
    for _ in search:
        pass
    assert [one.batch for one in search.sizes] == [1, 2, 4, 8, 16, 20, 32, 64]
    for one in search.sizes:
        project, samples = convolutional()
        again = assemble(SetPlan("training", "batch", one.batch).apply(project), samples)
        assert one.nbytes == again.plan.size.whole_run
        assert one.rate == pytest.approx(one.batch / one.step_seconds)


def test_it_stops_where_the_next_batch_would_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    made = assemble(*convolutional())
    whole = Search(made, seconds=0.001)
    list(whole)
    limit = whole.sizes[4].nbytes
    monkeypatch.setattr(free_memory, "room", lambda: limit)
    search = Search(made, seconds=0.001)
    list(search)
    assert search.found().stopped == "memory"
    assert [one.batch for one in search.sizes] == [1, 2, 4, 8, 16]


def test_left_early_and_few_samples() -> None:
    search = Search(assemble(*plain()), seconds=0.001)
    next(iter(search))
    assert search.found().stopped == "cancelled"
    project, samples = plain()
    few = type(samples)(samples.x[:7], samples.y[:7], "classification", samples.class_names)
    short = Search(assemble(project, few), seconds=0.001)
    assert [one.batch for one in short] == [1, 2, 4]


def sizes(*rates: float) -> tuple[BatchRecord, ...]:
    return tuple(BatchRecord(batch=2**k, rate=rate, step_seconds=2**k / rate, nbytes=k) for k, rate in enumerate(rates))


def test_the_smallest_that_is_nearly_as_fast_is_suggested() -> None:
    found = Found(sizes(10, 20, 40, 85, 91, 100, 70), "end")
    assert found.suggested == 16
    assert outcome(found, 4) == "Batch 16 trains 2.3 times as many samples a second as 4."
    assert outcome(found, 32) == "Batch 32 is as fast as any here: 100 samples a second."
    assert "16" in outcome(found, 999)
    assert Found((), "cancelled").suggested == 0
    assert outcome(Found((), "cancelled"), 4) == "No batch could be measured."
    assert batches.told(found, 4, "x").suggested == 16
