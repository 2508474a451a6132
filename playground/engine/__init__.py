"""A network is a program, a run is a loop that never enters Python.

Graph (values and ops) -> emission (tasks) -> plan (stages, chains, places in one arena) -> Program (64-bit words) -> run.
Parallelism belongs to the plan: kernels are serial, the chains of a stage are independent and fixed, partial sums are added in
order; so one, two or many threads give the same bits. Numba starts the threads of a run once; they share its stages by themselves
(`engine.team`), because a parallel loop for each stage costs more than many a stage does.

In kernels a fixed alphabet: x input, y output, w weight, b bias, dx dw db gradients, n samples, c channels, h w extents, i o
features in and out, t target. `F` is the arena as float32, `R` the same bytes as int64, `k` the knobs.

Nothing here imports Numba until a program first runs: `engine.jit` is its only importer.
"""
