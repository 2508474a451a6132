"""How older project files become newer ones: one module for each step of the format's version.

A step from version 1 to 2 is a module `step_1.py` with `def migrate(data: dict) -> dict`, and `VERSION` here becomes 2. Steps are
never changed once they are released. Versions of catalogue records are apart from this: each record migrates itself.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

from playground.errors import BadValue, FileError
from playground.words import sentence

VERSION = 1

Step = Callable[[dict[str, Any]], dict[str, Any]]


@functools.cache
def known_steps() -> dict[int, Step]:
    """Version -> what brings a file of it to the next, from the modules of this package."""
    found: dict[int, Step] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("step_"):
            found[int(module.name.removeprefix("step_"))] = importlib.import_module(f"{__name__}.{module.name}").migrate
    return found


def migrated(data: dict[str, Any], *, steps: Mapping[int, Step] | None = None, current: int = VERSION) -> dict[str, Any]:
    """The same project in the current version. Raises FileError for a newer one, BadValue where a step cannot read it."""
    version = data.get("version")
    steps = known_steps() if steps is None else steps
    oldest = min(steps, default=current)
    if isinstance(version, bool) or not isinstance(version, int) or version < oldest:
        found = sentence("{version} was found", version=f"{version!r:.60}") if "version" in data else sentence("it is missing")
        raise BadValue(
            sentence(
                "/version must be a whole number in {oldest} to {current}; {found}.", oldest=oldest, current=current, found=found
            )
        )
    if version > current:
        raise FileError(
            sentence(
                "/version is {version}; this program reads up to {current}. A newer release opens the file.",
                version=f"{version:.6g}",
                current=current,
            )
        )
    while version < current:
        try:
            data = {**steps[version](dict(data)), "version": version + 1}
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise BadValue(
                sentence(
                    "A file of version {version} could not be brought to version {version2}: {error}.",
                    version=version,
                    version2=version + 1,
                    error=f"{error!r:.80}",
                )
            ) from error
        version += 1
    return data
