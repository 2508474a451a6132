"""Walks through ready projects, step by step."""
