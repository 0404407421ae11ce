"""The domains in their order: each imports only from what stands before it."""

ORDER = (
    "core",
    "people",
    "geography",
    "territories",
    "customers",
    "orders",
    "pipeline",
    "visits",
    "routing",
    "exchange",
    "maps",
    "reports",
    "field",
    "admin",
    "demo",
)

STRANGERS = frozenset({"field", "admin"})
"""Domains of one rank: neither imports the other."""
