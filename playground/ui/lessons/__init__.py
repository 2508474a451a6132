"""Lessons in the window: a card that says what to do, a ring round the place, and conditions that notice when it is done."""
