"""Opportunities on their way through the stages."""
