"""A road graph of one's own: read from an OSM extract, sped up, kept on disk, asked for times, distances and routes."""
