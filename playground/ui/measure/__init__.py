"""Measures the window: start, smoothness while training, what watching costs, curves, a large canvas.

`python -m playground.ui.measure P4 --json` drives the real window in a process of its own; `playground bench P4` starts that.
"""
