"""Sentences: memory that does not suffice, and nine ways to die."""

from __future__ import annotations

import errno
import random
import signal
from pathlib import Path

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document.project import Project
from playground.engine import free_memory
from playground.training import causes, messages
from playground.training.assembly import assemble
from playground.training.client import Client
from playground.training.memory import DoesNotFit, check, in_words
from tests.training.networks import Step, of, plain, project
from tests.training.watching import rested, until

GB = 10**9


def test_what_does_not_fit_names_a_batch_that_does() -> None:
    def needed(batch: int) -> int:
        return batch * 100_000_000

    with pytest.raises(DoesNotFit) as caught:
        check(needed, 114, 78 * GB // 10)
    assert str(caught.value) == "This needs 11.4 GB and 7.8 GB are free. Batch 72 fits."
    assert needed(caught.value.batch) <= 7.8 * GB
    check(needed, 72, 78 * GB // 10)


@pytest.mark.parametrize("batch", [1, 2, 7, 8, 9, 100, 1000])
@pytest.mark.parametrize("free", [0.5, 3, 20, 300])
def test_the_proposed_batch_fits_and_little_more_would(batch: int, free: float) -> None:
    budget = int(free * GB)
    if batch * GB <= budget:
        check(lambda b: b * GB, batch, budget)
        return
    with pytest.raises(DoesNotFit) as caught:
        check(lambda b: b * GB, batch, budget)
    fits = caught.value.batch
    assert fits * GB <= budget
    assert fits < batch
    assert (fits + 8) * GB > min(budget, (batch - 1) * GB)
    assert ("No batch fits" in str(caught.value)) == (fits == 0)


def some_network(rng: random.Random) -> tuple[Project, Samples]:
    """Dense layers or convolutions of any width over samples of any number, in a batch of any size."""
    parts: list[Step] = []
    if rng.random() < 0.5:
        shape: tuple[int, ...] = (rng.choice((16, 100, 400)),)
        for _ in range(rng.randint(1, 4)):
            parts += [("dense", {"units": rng.choice((16, 200, 1000, 2500))}), (rng.choice(("relu", "tanh")), {})]
    else:
        side = rng.choice((8, 16, 32))
        shape = (side, side, rng.choice((1, 3)))
        for _ in range(rng.randint(1, 3)):
            parts += [("conv2d", {"filters": rng.choice((4, 16, 48))}), ("batch_norm", {}), ("relu", {})]
        parts.append(("flatten", {}))
    count = rng.choice((64, 300, 2000))
    samples = Samples(np.ones((count, *shape), np.float32), np.arange(count) % 3, "classification", ("a", "b", "c"))
    optimizer = of("optimizer", rng.choice(("sgd", "momentum", "adam")), rate=1e-5)
    return project(*parts, ("dense", {"units": 3}), batch=rng.choice((1, 17, 128, 1000)), optimizer=optimizer), samples


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_none_of_a_hundred_networks_takes_more_than_was_said(client: Client) -> None:
    """The greatest memory that the worker has, over what it has with a run that needs next to none, against the estimate."""
    rng = random.Random(100)

    def held(what: str) -> int:
        status = Path(f"/proc/{client.worker_pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith(what))
        return 1024 * int(line.split()[1])

    def run(made: tuple[Project, Samples]) -> None:
        client.start(*made, paused=True)
        until(client, messages.Started)
        Path(f"/proc/{client.worker_pid}/clear_refs").write_text("5")  # the greatest from here on
        client.step_batch()
        client.step_batch()
        rested(client)

    for _ in range(100):
        made = some_network(rng)
        said = assemble(*made).plan.size.whole_run
        if said > (free_memory.free_bytes() or 0) // 3:
            continue  # the machine is shared
        run(plain())
        idle = held("VmRSS")
        run(made)
        assert held("VmHWM") - idle <= said + free_memory.RESERVE, made[0].network


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_900, "99.9 kB"), (123_456_789, "123 MB"), (11_400_000_000, "11.4 GB")],
)
def test_sizes_in_words(count: int, words: str) -> None:
    assert in_words(count) == words


def death(status: int | None, stderr: str = "", *, killed: bool = False, peak: int = 0) -> causes.Cause:
    return causes.of_death(status, stderr, killed=killed, peak_bytes=peak, free_bytes=2 * GB, step=412)


def test_nine_causes_have_nine_sentences() -> None:
    found = [
        death(-signal.SIGKILL),
        death(-signal.SIGKILL, peak=14 * GB),
        death(-signal.SIGSEGV),
        death(7),
        death(1, "Traceback\nImportError: no module numba"),
        death(None, killed=True),
        causes.of_error(ValueError("x")),
        causes.of_error(MemoryError()),
        causes.of_error(OSError(errno.ENOSPC, "No space left on device", "/run/last.safetensors")),
        death(-signal.SIGBUS),
        death(-signal.SIGABRT),
        death(-signal.SIGTERM),
        death(-signal.SIGILL),
    ]
    assert len({cause.text for cause in found}) == len(found)
    for cause in found:
        assert cause.kind in causes.KINDS
        assert cause.text[0].isupper()
        assert cause.text.endswith(".")
        assert "!" not in cause.text
        assert "please" not in cause.text.lower()
    assert "14.0 GB of 16.0 GB" in found[1].text
    assert all("412" in cause.text for cause in (found[0], found[2], found[3]))


def test_a_signal_that_nobody_knows_has_a_sentence_too() -> None:
    assert "signal 250" in death(-250).text


def test_after_the_end_of_a_run_nothing_goes_on() -> None:
    found = causes.of_death(-9, "", killed=False, peak_bytes=0, free_bytes=2 * GB, step=412, over=True)
    assert "The weights of step 412 are kept." in found.text
    assert "Resume" not in found.text
