"""The pictures in the README, taken of the real window."""
