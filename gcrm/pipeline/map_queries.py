"""What the map shows of the pipeline: open opportunities where their accounts are, by stage."""

from __future__ import annotations

from typing import Any

from flask import url_for
from sqlalchemy import Text, cast, func, literal_column, select
from sqlalchemy.orm import Session

from gcrm.core.map_layers import LayerKind, LayerRows, LayerWords
from gcrm.customers.models import Account
from gcrm.pipeline import queries
from gcrm.pipeline.labels import stage_name
from gcrm.pipeline.models import Opportunity, Stage


def opportunities(session: Session, _words: LayerWords) -> LayerRows:
    """The opportunities that may still be won, from the first stage to the last."""
    stages = [stage for stage in queries.stages(session) if stage.kind == "open"]
    query: Any = (
        select(
            func.concat(literal_column("'s'"), Opportunity.stage_id).label("kind"),
            Opportunity.amount_minor.label("amount"),
            Opportunity.currency.label("currency"),
            cast(Opportunity.uuid, Text).label("id"),
            Opportunity.name.label("name"),
            Account.name.label("said"),
        )
        .select_from(Account)
        .join(Opportunity, Opportunity.account_id == Account.id)
        .where(Opportunity.stage_id.in_(select(Stage.id).where(Stage.kind == "open")))
    )
    kinds = [
        LayerKind(f"s{stage.id}", str(stage_name(stage.name)), href=url_for("pipeline.index", stage=str(stage.uuid)))
        for stage in stages
    ]
    return LayerRows(query, kinds, [Opportunity.amount_minor.desc(), Opportunity.id])
