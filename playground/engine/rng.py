"""Counter-based random numbers: a value is a pure function of (seed, stream, step, index), so resuming or watching changes none.

The hash is `lowbias32` (Source: C. Wellons, hash-prospector, "Prospecting for hash functions", 2018; bias 0.17), applied twice
with a key in between. The same functions run inside kernels (scalars) and here (arrays of uint64), with the same bits.
"""

from __future__ import annotations

import numpy as np

from playground.engine.kernel import inline

MASK = 0xFFFFFFFF

#: Streams below this number are for the engine; op nodes use FIRST_NODE_STREAM + their index.
SHUFFLE_STREAM = 1
FIRST_NODE_STREAM = 1024


@inline
def mix(x):
    """lowbias32 of a number of 32 bits."""
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)


@inline
def stream_key(seed, stream, step):
    """The 32-bit key of a stream at a step. Units: whole numbers below 2**63; seed and step count with all their bits."""
    h = mix((seed & 0xFFFFFFFF) ^ 0x9E3779B9)
    h = mix(h ^ ((seed >> 32) & 0xFFFFFFFF))
    h = mix((h + stream * 0x85EBCA6B) & 0xFFFFFFFF)
    h = mix(h ^ (step & 0xFFFFFFFF))
    return mix((h + ((step >> 32) & 0xFFFFFFFF)) & 0xFFFFFFFF)


@inline
def random_bits(key, index):
    """32 random bits: number `index` (its low 32 bits) of the stream with this key."""
    return mix(mix((index + key) & 0xFFFFFFFF) ^ ((key * 0xC2B2AE35) & 0xFFFFFFFF))


def uniforms(seed: int, stream: int, step: int, count: int, first: int = 0) -> np.ndarray:
    """float32 numbers in [0, 1), numbers first .. first + count of the stream. Shapes: (count,)."""
    return uniforms_at(seed, stream, step, np.arange(first, first + count, dtype=np.uint64))


def uniforms_at(seed: int, stream: int, step: int, index: np.ndarray) -> np.ndarray:
    """The numbers of a stream at some places, uint64. Shapes: (n,) -> (n,) float32."""
    bits = random_bits(np.uint64(stream_key(seed, stream, step)), index)
    return np.asarray((bits >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24))


def permutation(seed: int, epoch: int, count: int) -> np.ndarray:
    """The order of an epoch's samples: Fisher-Yates from the identity, downwards. Shapes: (count,) int64."""
    key = stream_key(seed, SHUFFLE_STREAM, epoch)
    order = np.arange(count)
    for i in range(count - 1, 0, -1):
        j = (random_bits(key, i) * (i + 1)) >> 32
        order[i], order[j] = order[j], order[i]
    return order
