"""The vocabulary that every other package speaks: fields, catalogue records, tensor types, the builder protocol.

Pure Python and NumPy types. Nothing here knows Qt, Numba, a file or a particular layer.
"""
