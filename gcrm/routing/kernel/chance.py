"""Random numbers that are the same on every machine: xorshift64* (Vigna 2016), its state in an array of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gcrm.routing.kernel.jit import compiler

compiled = compiler(Path(__file__).parent)


def seeded(seed: int) -> np.ndarray:
    """Return a state for a seed, stirred by SplitMix64 so that near seeds walk apart."""
    z = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return np.array([(z ^ (z >> 31)) or 1], dtype=np.uint64)


@compiled
def unit(dice):
    """Return a number in [0, 1)."""
    x = dice[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    dice[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def below(dice, n):
    """Return a whole number in [0, n)."""
    return int(unit(dice) * n)
