"""Everything at once against torch in float64: a tagger of sequences with all that may go wrong where parts meet.

Varied lengths, two LSTM layers both ways, batch norm over the steps that are there, weights of samples and of classes, smoothing
towards a given distribution, steps without an answer, a short last batch, two batches a step, warm-up, cosine, clipping, L2, Adam.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import playground as pg
from playground.training.assembly import assemble

SAMPLES, STEPS, FEATURES, CLASSES, UNITS, BATCH, EPOCHS, WARMUP = 33, 7, 3, 4, 5, 16, 6, 2
CLASS_WEIGHTS, SPREAD, SMOOTHING, DECAY = (1.0, 2.0, 0.5, 3.0), (1.0, 2.0, 3.0, 4.0), 0.1, 0.01


def tagger(folder: Path) -> pg.Project:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(SAMPLES, STEPS, FEATURES)).astype(np.float32)
    lengths = rng.integers(1, STEPS + 1, SAMPLES)
    y = rng.integers(0, CLASSES, (SAMPLES, STEPS))
    y[rng.random(y.shape) < 0.2] = -100
    behind = np.arange(STEPS) >= lengths[:, None]
    y[behind], x[behind] = -100, 9.0
    path = folder / "tags.npz"
    np.savez(path, x=x, y=y, lengths=lengths, weights=rng.random(SAMPLES).astype(np.float32) + 0.1)
    project = pg.Project()
    data = project.add(pg.dataset("array_file", path=str(path)), name="data")
    states = project.add(pg.layer("lstm", units=UNITS, layers=2, bidirectional=True), data, name="lstm")
    logits = project.add(pg.layer("dense", units=CLASSES), project.add(pg.layer("batch_norm"), states, name="norm"), name="head")
    loss = pg.loss("cross_entropy", class_weights=CLASS_WEIGHTS, smoothing=SMOOTHING, distribution=SPREAD)
    project.add(loss, logits, "", "data.weights", name="loss")
    project.set_data(scaling="none", validation=0.0, stratified=False)
    return project.set(
        epochs=EPOCHS, batch=BATCH, accumulate=2, shuffle=False, optimizer=pg.optimizer("adam", rate=0.01),
        schedule=pg.schedule("cosine"), warmup=WARMUP, clip=0.5, penalty=pg.penalty("l2", strength=DECAY),
    )  # fmt: skip


def as_torch(name: str) -> str:
    """ "lstm.recurrent_bias_2_reverse" is "bias_hh_l1_reverse"."""
    words = name.removeprefix("lstm.")
    reverse = "_reverse" if words.endswith("_reverse") else ""
    words = words.removesuffix("_reverse")
    layer = int(words.endswith("_2"))
    kinds = {"weight": "weight_ih", "recurrent": "weight_hh", "bias": "bias_ih", "recurrent_bias": "bias_hh"}
    return f"{kinds[words.removesuffix('_2')]}_l{layer}{reverse}"


class Twin:
    """The same network over the rows of the training part."""

    def __init__(self, project: pg.Project) -> None:
        made = assemble(project.record, project.samples())
        machine = made.machine()
        machine.initialise(project.record.training.seed)
        self.w = {
            name: torch.tensor(array.astype(np.float64), requires_grad=True) for name, array in machine.parameters().items()
        }
        train = made.prepared.train
        self.x, self.y = torch.tensor(train.x, dtype=torch.float64), torch.tensor(train.y)
        self.lengths, self.weights = torch.tensor(train.lengths), torch.tensor(train.weights, dtype=torch.float64)
        self.lstm = torch.nn.LSTM(FEATURES, UNITS, 2, bidirectional=True, batch_first=True, dtype=torch.float64)

    def sums(self, rows: slice) -> tuple[torch.Tensor, torch.Tensor]:
        """The weighted surprise of some rows, and what it is divided by."""
        w, lengths, y = self.w, self.lengths[rows], self.y[rows]
        packed = torch.nn.utils.rnn.pack_padded_sequence(self.x[rows], lengths, batch_first=True, enforce_sorted=False)
        weights = {as_torch(name): array.t() for name, array in w.items() if name.startswith("lstm.")}
        states, _ = torch.func.functional_call(self.lstm, weights, (packed,))
        h, _ = torch.nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=STEPS)
        there = torch.arange(STEPS) < lengths[:, None]
        normal = torch.nn.functional.batch_norm(h[there], None, None, w["norm.gamma"], w["norm.beta"], training=True)
        logits = normal @ w["head.weight"] + w["head.bias"]
        kept, known, counts = y[there], y[there] != -100, self.weights[rows, None].expand(-1, STEPS)[there]
        classes = torch.tensor(CLASS_WEIGHTS, dtype=torch.float64)
        spread = torch.tensor(SPREAD, dtype=torch.float64) / sum(SPREAD)
        surprise = -torch.log_softmax(logits, -1)
        target = kept.clamp(min=0)
        own = classes[target] * surprise.gather(1, target[:, None])[:, 0]
        each = (1 - SMOOTHING) * own + SMOOTHING * (surprise * spread * classes).sum(1)
        return (each * counts * known).sum(), (classes[target] * counts * known).sum()


def test_a_tagger_with_everything_trains_as_in_torch(tmp_path):
    project = tagger(tmp_path)
    assert project.problems() == project.warnings() == []
    twin, run = Twin(project), project.train()
    matrices = {"params": [a for a in twin.w.values() if a.ndim == 2], "weight_decay": DECAY}
    optimizer = torch.optim.Adam([matrices, {"params": [a for a in twin.w.values() if a.ndim == 1]}], lr=0.01)
    losses: list[float] = []
    total = len(run.losses)
    for first in [*range(0, SAMPLES, 2 * BATCH)] * EPOCHS:
        optimizer.zero_grad()
        last = min(first + 2 * BATCH, SAMPLES)
        parts = [twin.sums(slice(at, min(at + BATCH, last))) for at in range(first, last, BATCH)]
        loss = sum(total for total, _ in parts) / sum(count for _, count in parts)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(twin.w.values()), 0.5)
        step = len(losses)
        climbed = (step + 1) / WARMUP if step < WARMUP else (1 + math.cos(math.pi * (step - WARMUP) / (total - WARMUP))) / 2
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * climbed
        optimizer.step()
        losses.append(loss.item())
    np.testing.assert_allclose(run.losses, losses, rtol=5e-6)
    assert set(twin.w) <= set(run.weights)
    for name, array in twin.w.items():
        np.testing.assert_allclose(run.weights[name], array.detach().numpy(), atol=2e-6, err_msg=name)


def test_classes_of_fewer_steps_than_the_inputs_are_judged_as_in_torch(tmp_path):
    """Read by itself as classes of three of six steps, with -100 for none, while the inputs end at lengths of their own."""
    rng = np.random.default_rng(3)
    x, lengths = rng.integers(0, CLASSES, (60, 6)), rng.integers(1, 7, 60)
    y = x[:, :3].copy()
    y[rng.random(y.shape) < 0.3] = -100
    np.savez(tmp_path / "short.npz", x=x, y=y, lengths=lengths)
    nodes = [pg.layer("embedding", units=3), pg.layer("slice", axis=0, count=3), pg.layer("dense", units=CLASSES)]
    project = pg.Project.chain(
        pg.dataset("array_file", path=str(tmp_path / "short.npz"), tokens=True), *nodes, epochs=30, batch=60
    )
    project.set_data(validation=0.0, stratified=False)
    assert project.problems() == []
    losses = project.train().losses
    assert losses[-1] < losses[0]
    w = {name: torch.tensor(array.astype(np.float64)) for name, array in project.weights.items()}
    logits = w["embedding1.weight"][torch.tensor(x[:, :3])] @ w["dense1.weight"] + w["dense1.bias"]
    there = np.arange(3) < lengths[:, None]
    wanted = torch.nn.functional.cross_entropy(logits.reshape(-1, CLASSES), torch.tensor(np.where(there, y, -100)).reshape(-1))
    known, answers = there & (y != -100), logits.argmax(-1).numpy()
    found = project.evaluate("train")
    assert found["loss"] == pytest.approx(float(wanted), rel=1e-5)
    assert found["accuracy"] == pytest.approx((answers == y)[known].mean())
