"""Taking trained networks away: safetensors, NPZ and ONNX, each re-run by an independent interpreter before the file appears.

`export.export(model, path)` picks the format by the path's ending. A new format is one file here with a `Format` record, found by
scanning this folder.
"""
