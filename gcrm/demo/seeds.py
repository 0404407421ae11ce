"""Random numbers that depend on the seed and on what they are for, so that one thing more shifts nothing else."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def stream(seed: int, *purpose: object) -> random.Random:
    """A generator of its own for one purpose."""
    return random.Random("/".join(map(str, (seed, *purpose))))


def arrays(seed: int, *purpose: object) -> np.random.Generator:
    """The same for whole arrays of numbers."""
    words = "/".join(map(str, (seed, *purpose))).encode()
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(words).digest()[:16])))


def identifier(source: random.Random) -> uuid.UUID:
    return uuid.UUID(int=source.getrandbits(128), version=4)


def weighted(source: random.Random, choices: Sequence[tuple[T, float]]) -> T:
    """One of the choices, each as likely as its weight."""
    values = [value for value, _ in choices]
    return source.choices(values, [weight for _, weight in choices])[0]
