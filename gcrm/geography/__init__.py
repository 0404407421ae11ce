"""Regions of the world's countries: their boundaries, where a point lies, equal-area hexagons."""
