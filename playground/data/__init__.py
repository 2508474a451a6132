"""Samples from files and their preparation: readers, split, scaling. Arrays in, arrays out; no engine, no Qt."""
