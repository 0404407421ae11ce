"""The lines of the accounts' timelines, as the domains write them when these things happen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from gcrm.core import money
from gcrm.demo.rows import ActivityRow, OpportunityRow, OrderLineRow, OrderRow, TaskRow, TouchRow, VisitRow
from gcrm.demo.sales import stages_passed
from gcrm.demo.words import Words


def make_touches(
    visits: Sequence[VisitRow],
    activities: Sequence[ActivityRow],
    tasks: Sequence[TaskRow],
    opportunities: Sequence[OpportunityRow],
    ordered: tuple[Sequence[OrderRow], Sequence[OrderLineRow]],
    words: Words,
) -> list[TouchRow]:
    """One line for each finished visit, activity, done task, step of a sale, and order; oldest first."""
    found = [
        TouchRow(v.account, v.person, v.finished_at, "visit", v.outcome, v.note, v.uuid)
        for v in visits
        if v.finished_at and v.outcome
    ]
    found += [TouchRow(a.account, a.person, a.at, a.kind, a.subject, a.note, a.uuid) for a in activities]
    found += [TouchRow(t.account, t.person, t.done_at, "task", t.title, None, t.uuid) for t in tasks if t.done_at]
    for sale in opportunities:
        found += _of_sale(sale, words)
    found += _of_orders(*ordered)
    found.sort(key=lambda touch: (touch.at, str(touch.subject), touch.kind))
    return found


def _of_orders(orders: Sequence[OrderRow], lines: Sequence[OrderLineRow]) -> Iterator[TouchRow]:
    named = defaultdict(list)
    for line in lines:
        named[line.order_uuid].append(f"{line.name} × {line.quantity}")
    for order in orders:
        amount = f"{money.to_decimal(order.total_minor, order.currency)} {order.currency}"
        yield TouchRow(
            order.account, order.person, order.ordered_at, "order", amount, ", ".join(named[order.uuid]), order.uuid
        )


def _of_sale(sale: OpportunityRow, words: Words) -> list[TouchRow]:
    amount = f"{money.to_decimal(sale.amount_minor, sale.currency)} {sale.currency}"
    found = [TouchRow(sale.account, sale.owner, sale.created_at, "opportunity", sale.name, amount, sale.uuid)]
    for at, before, after in stages_passed(sale, words):
        line = f"{before} → {after}"
        found.append(TouchRow(sale.account, sale.owner, at, "opportunity_moved", sale.name, line, sale.uuid))
    if sale.closed_at:
        won = any(name == sale.stage and kind == "won" for name, _, kind in words.stages)
        kind = "opportunity_won" if won else "opportunity_lost"
        found.append(TouchRow(sale.account, sale.owner, sale.closed_at, kind, sale.name, sale.close_reason, sale.uuid))
    return found
