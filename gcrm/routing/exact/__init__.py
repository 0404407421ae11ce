"""Proof for one shift: an upper bound by Lagrangian walks, and labels that find or rule out every better route."""
