"""The window, driven offscreen by synthetic events."""
