"""What suits the processor that kernels are compiled for."""

from __future__ import annotations

import llvmlite.binding as llvm
import numba

#: Half vectors serve the last few columns: where a whole vector passes in two halves, that takes half the time.
#: Tiles of the product for 32 registers of 16 lanes, and for 16 registers of 8 lanes (AVX2, NEON as pairs).
WIDE = {"TALL_ROWS": 8, "TALL_VECTORS": 2, "FLAT_ROWS": 4, "FLAT_VECTORS": 4, "NARROW_ROWS": 8, "VECTOR": 16, "HALF": 8}
SMALL = {"TALL_ROWS": 6, "TALL_VECTORS": 2, "FLAT_ROWS": 2, "FLAT_VECTORS": 4, "NARROW_ROWS": 8, "VECTOR": 8, "HALF": 8}


def processor() -> tuple[str, str]:
    """Name and features that Numba compiles for: the host's, unless NUMBA_CPU_NAME and NUMBA_CPU_FEATURES say otherwise."""
    name = numba.config.CPU_NAME or llvm.get_host_cpu_name()
    features = numba.config.CPU_FEATURES
    if features is None:
        features = llvm.get_host_cpu_features().flatten()
    return str(name), str(features)


def shapes() -> dict[str, int]:
    """The tile shapes as literals for kernels."""
    return dict(WIDE if "+avx512f" in processor()[1] else SMALL)
