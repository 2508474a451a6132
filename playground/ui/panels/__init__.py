"""The dockable panels, one file each; a file registers its panel and the window finds it."""
