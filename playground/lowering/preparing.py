"""A project's samples as its data plan splits and scales them."""

from __future__ import annotations

from playground.core.samples import Samples
from playground.data.prepare import Prepared, prepare
from playground.document.plans import DataPlan


def prepared(plan: DataPlan, samples: Samples) -> Prepared:
    """Raises DataError or BadValue."""
    return prepare(
        samples,
        validation=plan.validation,
        test=plan.test,
        stratified=plan.stratified,
        scaling=plan.scaling,
        scale_targets=plan.scale_targets,
        seed=plan.seed,
    )
