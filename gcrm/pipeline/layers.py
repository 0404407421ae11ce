"""What the pipeline adds to an account's page, its sales under way and settled, and to the map."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from gcrm.core import map_layers, web
from gcrm.customers import panels
from gcrm.customers.models import Account, Touch
from gcrm.people import queries as people
from gcrm.pipeline import map_queries, queries
from gcrm.pipeline.labels import TOUCH_ICONS, TOUCH_LABELS, stage_name

SHOWN = 8


def opportunities(account: Account) -> str:
    session = web.session()
    found = queries.opportunities_of(session, account.id, SHOWN + 1)
    if not found and not current_user.may("edit_pipeline"):
        return ""
    return render_template(
        "pipeline/_panel.html", account=account, opportunities=found[:SHOWN], has_more=len(found) > SHOWN,
        stage_name=stage_name, today=people.today(session),
    )  # fmt: skip


def _url(touch: Touch) -> str | None:
    return url_for("pipeline.show", opportunity_id=touch.subject) if touch.subject else None


for _kind, _label in TOUCH_LABELS.items():
    panels.register_kind(_kind, _label, TOUCH_ICONS.get(_kind, "target"), href=_url)
panels.register("opportunities", 30, opportunities, place="side")

map_layers.register(
    map_layers.MapLayer(
        "opportunities", _l("Opportunities"), "target", 45, rows=map_queries.opportunities, scale="steps", shape="diamond",
        counted=_l("opportunities"), page=("pipeline.show", "opportunity_id"), note=_l("Open ones, from the first stage to the last."),
    )
)  # fmt: skip
