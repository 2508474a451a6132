"""A real pointer on a real display: Xvfb and xdotool around the program as a person starts it."""
