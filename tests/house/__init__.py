"""The style of the house, checked: linters, types, imports, sizes, packaging."""
