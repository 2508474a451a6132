"""The example projects: what they are made of and what they reach."""
