"""Windows over the window, and the start page. Each file registers what it offers."""
