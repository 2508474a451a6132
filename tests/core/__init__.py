"""The core: expressions."""
