"""Tiles, choropleths and their drawing, on screen and to take away."""
