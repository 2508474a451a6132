"""Readers of files that other programs wrote. Every refusal is a FileError or DataError whose sentence names the place in the file.

Nothing is read before its size is checked, nothing is unpickled or evaluated, and nothing is dropped or changed without being listed.
"""

from playground.data.readers.places import pick, resolve

__all__ = ["pick", "resolve"]
