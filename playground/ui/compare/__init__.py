"""The runs of a project side by side: what the table, the overlay and the comparison share, and how each number is named."""
