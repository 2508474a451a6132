"""Numbers that a model is judged by."""
