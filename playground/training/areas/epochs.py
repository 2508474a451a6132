"""A row for every finished epoch."""

from __future__ import annotations

from playground.training.areas import Area, register
from playground.training.ring import Ring

#: Columns of an epoch's row before its metrics and those of the training part: 1 in "best" marks the best epoch so far.
EPOCH_COLUMNS = ("epoch", "step", "train_loss", "validation_loss", "rate", "best")
_ROWS = 1 << 16

EPOCHS = register(
    Area(
        "epochs",
        1,
        lambda plan: 8 * _ROWS * (len(EPOCH_COLUMNS) + len(plan.metrics) + len(plan.train_metrics)),
        lambda plan, area, words: Ring(area.view("<f8").reshape(_ROWS, -1), words),
    )
)
