"""A believable company on real geography, from a seed."""
