"""The six role words and what each may do beyond what the database lets it see."""

from __future__ import annotations

ROLES = ("rep", "manager", "planner", "marketer", "service", "admin")

ACTS: dict[str, frozenset[str]] = {
    "edit_customers": frozenset({"rep", "manager", "planner", "admin"}),
    "delete_customers": frozenset({"planner", "admin"}),
    "assign_customers": frozenset({"planner", "admin"}),
    "edit_pipeline": frozenset({"rep", "manager", "planner", "admin"}),
    "log_activities": frozenset({"rep", "manager", "planner", "marketer", "service", "admin"}),
    "place_orders": frozenset({"rep", "manager", "planner", "admin"}),
    "edit_products": frozenset({"planner", "admin"}),
    "edit_questions": frozenset({"planner", "admin"}),
    "see_forecast": frozenset({"rep", "manager", "planner", "admin"}),
    "import": frozenset({"planner", "admin"}),
    "edit_regions": frozenset({"planner", "admin"}),
    "edit_territories": frozenset({"planner", "admin"}),
    "plan_routes": frozenset({"rep", "manager", "planner", "admin"}),
    "lead": frozenset({"manager", "planner", "admin"}),
    "move_pins": frozenset({"planner", "admin"}),
    "administer": frozenset({"admin"}),
}
"""An act and the roles that may do it; who sees which rows is the database's to say."""


def may(role: str, act: str) -> bool:
    return role in ACTS[act]
