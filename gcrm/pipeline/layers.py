"""What the pipeline adds to an account's page: its sales under way and settled."""

from __future__ import annotations

from flask import render_template
from flask_login import current_user

from gcrm.core import clock, web
from gcrm.customers import panels
from gcrm.customers.models import Account
from gcrm.people import queries as people
from gcrm.pipeline import queries
from gcrm.pipeline.labels import stage_name

SHOWN = 8


def opportunities(account: Account) -> str:
    session = web.session()
    found = queries.opportunities_of(session, account.id, SHOWN + 1)
    if not found and not current_user.may("edit_pipeline"):
        return ""
    return render_template(
        "pipeline/_panel.html", account=account, opportunities=found[:SHOWN], has_more=len(found) > SHOWN,
        stage_name=stage_name, today=clock.today(people.the_organisation(session).timezone),
    )  # fmt: skip


panels.register("opportunities", 30, opportunities, place="side")
