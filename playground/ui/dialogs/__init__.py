"""What menus open over the window, and the start page; each file registers what it offers."""
