"""The OGC API Features: what others read by standard words, at /ogc."""
