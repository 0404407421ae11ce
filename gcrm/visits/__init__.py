"""Visits, activities and tasks, and the cadence that says when the next visit is due."""
