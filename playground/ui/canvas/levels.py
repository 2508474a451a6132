"""The zoom below which less of the canvas is drawn: plain blocks, then names, then everything."""

BLOCK, LEGIBLE, NAMED, DETAILED = 0.2, 0.25, 0.35, 0.6
