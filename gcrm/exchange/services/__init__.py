"""Writes of imports: batches, the staging of a file, the merging of each kind, and undoing."""
