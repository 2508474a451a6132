"""Layers of the palette."""
