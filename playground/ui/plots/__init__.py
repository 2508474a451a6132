"""Plots that draw and never compute an analysis: one widget with fixed margins, painted in pixels.

A plot library's axes, legends and ranges would all have to be replaced to match the design, and importing one costs 0.3 s of the
start; what remains is to draw at most a few thousand points, which `series` does from arrays. Raw data is thinned to the least and
greatest value of each pixel column before drawing (`thinning`), so a million points cost a few milliseconds and no peak is lost.
"""
