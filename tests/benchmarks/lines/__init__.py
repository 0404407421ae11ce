"""The lines of the table by which the planner is judged, each with its instances, limits and peers."""
