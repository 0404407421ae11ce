"""Paths of people through the site, in a real browser on a real server."""
