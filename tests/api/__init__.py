"""The Python API: a few lines make the same project as the canvas."""
