"""Reads Mapbox Vector Tiles (specification 2.1) as far as the tests need: points and areas with their properties."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Point = tuple[int, int]


@dataclass
class Feature:
    properties: dict[str, Any] = field(default_factory=dict)
    id: int | None = None
    kind: int = 0
    """1 points, 2 lines, 3 areas."""
    parts: list[list[Point]] = field(default_factory=list)

    @property
    def point(self) -> Point:
        return self.parts[0][0]


@dataclass
class Layer:
    name: str
    extent: int
    features: list[Feature]


def decode(tile: bytes) -> dict[str, Layer]:
    """The layers of a tile by name; an empty tile has none."""
    layers = [_layer(value) for number, value in _fields(tile) if number == 3]
    return {layer.name: layer for layer in layers}


def lon_lat(point: Point, z: int, x: int, y: int, extent: int = 4096) -> tuple[float, float]:
    """Where a point of tile z/x/y lies, the middle of its unit."""
    across, down = ((first + (unit + 0.5) / extent) / 2**z for first, unit in zip((x, y), point, strict=True))
    return across * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """The tile that holds a point, by the textbook (not by our grid key)."""
    latitude = math.radians(max(-85.0511287, min(85.0511287, lat)))
    across, down = (lon + 180) / 360, (1 - math.asinh(math.tan(latitude)) / math.pi) / 2
    return z, *(max(0, min(2**z - 1, math.floor(share * 2**z))) for share in (across, down))


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        size, at = _varint(data, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
        yield number, data[at : at + size]
        at += size


def _packed(data: bytes) -> list[int]:
    at, numbers = 0, []
    while at < len(data):
        number, at = _varint(data, at)
        numbers.append(number)
    return numbers


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _value(data: bytes) -> Any:
    ((number, raw),) = _fields(data)
    return {
        1: lambda: raw.decode(),
        2: lambda: struct.unpack("<f", raw)[0],
        3: lambda: struct.unpack("<d", raw)[0],
        4: lambda: raw - (1 << 64) if raw >> 63 else raw,
        5: lambda: raw,
        6: lambda: _signed(raw),
        7: lambda: bool(raw),
    }[number]()


def _layer(data: bytes) -> Layer:
    named: dict[int, list[Any]] = {}
    for number, value in _fields(data):
        named.setdefault(number, []).append(value)
    keys = [key.decode() for key in named.get(3, [])]
    values = [_value(value) for value in named.get(4, [])]
    features = [_feature(value, keys, values) for value in named.get(2, [])]
    return Layer(named[1][0].decode(), named.get(5, [4096])[0], features)


def _feature(data: bytes, keys: list[str], values: list[Any]) -> Feature:
    feature = Feature()
    for number, value in _fields(data):
        if number == 1:
            feature.id = value
        elif number == 2:
            tags = _packed(value)
            feature.properties = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
        elif number == 3:
            feature.kind = value
        elif number == 4:
            feature.parts = _parts(_packed(value))
    return feature


def _parts(commands: list[int]) -> list[list[Point]]:
    parts: list[list[Point]] = []
    x = y = at = 0
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == 7:
            continue
        for _ in range(count):
            x, y, at = x + _signed(commands[at]), y + _signed(commands[at + 1]), at + 2
            if command == 1:
                parts.append([])
            parts[-1].append((x, y))
    return parts
