"""The board, the list, one opportunity, and the forecast."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import clock, money, web
from gcrm.core.errors import Conflict, Invalid
from gcrm.core.formats import amount, number, short_amount
from gcrm.customers import queries as customers
from gcrm.customers.models import Account
from gcrm.people import access
from gcrm.people import labels as people_labels
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.pipeline import forecast, forms, queries, services
from gcrm.pipeline.labels import LOST_REASONS, month_name, short_day, stage_name
from gcrm.pipeline.models import Opportunity, Stage

bp = Blueprint("pipeline", __name__, url_prefix="/pipeline")

WIN_RATE_DAYS = 365


@bp.get("")
def board() -> Any:
    """The stages side by side, each with its sums and first cards."""
    session = web.session()
    wanted = _wanted()
    columns = queries.board(session, wanted, _settled_since())
    return render_template(
        "pipeline/board.html", columns=columns, wanted=wanted, owners=_owner_choices(), today=wanted.today,
        open_sums=_together(columns), stage_name=stage_name, lost_reasons=LOST_REASONS,
        mark=queries.mark, short_day=short_day, settled_days=queries.SETTLED_DAYS,
    )  # fmt: skip


@bp.get("/cards")
def cards() -> Any:
    """The next cards of a column, to be put below the ones shown."""
    wanted = _wanted()
    stage = queries.stage_by_uuid(web.session(), wanted.stage or uuid.UUID(int=0))
    found = queries.more_cards(web.session(), wanted, stage, _settled_since(), _place(request.args.get("after", "")))
    left = max(0, request.args.get("left", 0, type=int) - len(found))
    return render_template(
        "pipeline/_cards.html",
        cards=found,
        stage=stage,
        left=left,
        today=wanted.today,
        mark=queries.mark,
        short_day=short_day,
    )


@bp.get("/list")
def index() -> Any:
    """All as a list: what is open, unless the address says otherwise."""
    session = web.session()
    wanted = _wanted()
    if not {"state", "stage"} & set(request.args):
        wanted = _open_ones(wanted)
    sort = request.args.get("sort") or queries.USUAL_ORDER
    page = queries.page(session, wanted, sort, request.args.get("after"))
    return render_template(
        "pipeline/list.html", page=page, sums=queries.totals(session, wanted), wanted=wanted, sort=sort,
        stages=_stage_choices(queries.stages(session)), owners=_owner_choices(), months=_month_choices(wanted),
        stage_name=stage_name, short_day=short_day, today=wanted.today, account=_account_of(wanted),
    )  # fmt: skip


@bp.get("/forecast")
@access.hidden_unless("see_forecast")
def ahead() -> Any:
    """What is to come: weighted by month and by region, and how many sales are won."""
    session = web.session()
    wanted = _wanted()
    level = request.args.get("level", "state")
    if level not in queries.REGION_COLUMNS:
        raise Invalid(f"“{level}” is no level. It is one of {', '.join(queries.REGION_COLUMNS)}.")
    months = queries.by_month(session, wanted)
    largest = max((each.amount_minor for row in months for each in row.sums), default=0)
    return render_template(
        "pipeline/forecast.html", months=months, largest=largest, regions=queries.by_region(session, wanted, level),
        level=level, wanted=wanted, owners=_owner_choices(),
        sums=queries.totals(session, _open_ones(wanted)), month_name=month_name, settled_days=WIN_RATE_DAYS,
        settled=queries.settled(session, wanted, clock.now() - dt.timedelta(days=WIN_RATE_DAYS)),
        map_url=web.url_if_there("maps.regions.choropleth", level=level, metric="pipeline"),
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@access.may("edit_pipeline")
def new() -> Any:
    """A new opportunity; without an account one is chosen first."""
    session = web.session()
    if not request.values.get("account"):
        words = request.args.get("q", "").strip()
        found = (
            customers.accounts_named(session, words, 20)
            if words
            else queries.accounts_of_late(session, current_user.id)
        )
        return render_template(
            "pipeline/choose_account.html", words=words, accounts=found, title=_("New opportunity"),
            endpoint="pipeline.new", back=url_for(".board"),
        )  # fmt: skip
    account = customers.account_by_uuid(session, request.values["account"])
    form = forms.OpportunityForm(request.form, owner=_usual_owner(account), expected_close=None)
    stages = [stage for stage in queries.stages(session) if stage.kind == "open"]
    owners = _with_owner(queries.owners(session), account.owner)
    form.offer(_stage_choices(stages), people_labels.choices(owners))
    if request.method == "POST" and form.validate():
        minor = form.amount_minor(account.currency)
        if minor is not None:
            try:
                with session.begin_nested():
                    made = services.open_opportunity(
                        session, account=account, amount_minor=minor, user_id=current_user.id,
                        stage=queries.stage_by_uuid(session, uuid.UUID(form.stage.data)),
                        owner=_person(owners, form.owner.data), **form.texts(),
                    )  # fmt: skip
            except Invalid as error:
                form.form_errors.append(error.message)
            else:
                flash(_("The opportunity is there."), "success")
                return redirect(url_for(".show", opportunity_id=made.uuid))
    answer = render_template("pipeline/new.html", form=form, account=account)
    return answer, 422 if form.errors else 200


@bp.get("/<uuid:opportunity_id>")
def show(opportunity_id: uuid.UUID) -> Any:
    session = web.session()
    found = queries.opportunity(session, opportunity_id)
    return render_template(
        "pipeline/show.html", opportunity=found, account=found.account, stages=queries.stages(session),
        stage_name=stage_name, lost_reasons=LOST_REASONS, today=people.today(web.session()),
        weighted_minor=forecast.weighted(found.amount_minor, found.stage.probability),
    )  # fmt: skip


@bp.route("/<uuid:opportunity_id>/edit", methods=["GET", "POST"])
@access.may("edit_pipeline")
def edit(opportunity_id: uuid.UUID) -> Any:
    session = web.session()
    found = queries.opportunity(session, opportunity_id)
    form = forms.OpportunityForm(
        request.form, obj=found, amount=money.to_decimal(found.amount_minor, found.currency),
        owner=str(found.owner.uuid) if found.owner else "", stage=str(found.stage.uuid),
    )  # fmt: skip
    owners = _with_owner(queries.owners(session), found.owner)
    form.offer(_stage_choices([found.stage]), people_labels.choices(owners))
    if request.method == "POST" and form.validate():
        if form.version.data is not None and form.version.data != found.version:
            raise Conflict(
                _(
                    "Somebody else saved this meanwhile. Nothing of yours was written: load it again and repeat the change."
                )
            )
        minor = form.amount_minor(found.currency)
        if minor is not None:
            try:
                with session.begin_nested():
                    services.change(
                        session, found, amount_minor=minor, owner=_person(owners, form.owner.data), **form.texts()
                    )
            except (Invalid, Conflict) as error:
                form.form_errors.append(error.message)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for(".show", opportunity_id=found.uuid))
    answer = render_template("pipeline/edit.html", form=form, opportunity=found, account=found.account)
    return answer, 422 if form.errors else 200


@bp.post("/<uuid:opportunity_id>/move")
@access.may("edit_pipeline")
def move(opportunity_id: uuid.UUID) -> Any:
    """Another stage, or another place within it; a script gets the new sums, a form goes back where it came from."""
    session = web.session()
    found = queries.opportunity(session, opportunity_id)
    before = found.stage
    stage = queries.stage_by_uuid(session, people.as_uuid(request.values.get("stage", "")))
    above = request.values.get("above")
    services.move(
        session, found, stage, current_user.id, queries.opportunity(session, people.as_uuid(above)) if above else None
    )
    if request.headers.get("X-Requested-With") == "board":
        return jsonify(_sums_by_stage())
    undo = (
        url_for(".move", opportunity_id=found.uuid, stage=before.uuid, next=_back(found))
        if before.kind == "open"
        else None
    )
    text = _("“%(name)s” is in %(stage)s now.", name=found.name, stage=stage_name(stage.name))
    web.say(text, undo_url=undo)
    return redirect(_back(found))


@bp.post("/<uuid:opportunity_id>/win")
@access.may("edit_pipeline")
def win(opportunity_id: uuid.UUID) -> Response:
    found = queries.opportunity(web.session(), opportunity_id)
    before = found.stage
    services.win(web.session(), found, current_user.id, request.form.get("reason"))
    _say_settled(found, before.uuid, _("“%(name)s” is won.", name=found.name))
    return redirect(_back(found))


@bp.post("/<uuid:opportunity_id>/lose")
@access.may("edit_pipeline")
def lose(opportunity_id: uuid.UUID) -> Response:
    found = queries.opportunity(web.session(), opportunity_id)
    before = found.stage
    services.lose(web.session(), found, current_user.id, request.form.get("reason"))
    _say_settled(found, before.uuid, _("“%(name)s” is lost.", name=found.name))
    return redirect(_back(found))


@bp.post("/<uuid:opportunity_id>/reopen")
@access.may("edit_pipeline")
def reopen(opportunity_id: uuid.UUID) -> Response:
    session = web.session()
    found = queries.opportunity(session, opportunity_id)
    wanted = request.values.get("stage")
    services.reopen(
        session, found, current_user.id, queries.stage_by_uuid(session, people.as_uuid(wanted)) if wanted else None
    )
    flash(_("“%(name)s” is open again.", name=found.name), "success")
    return redirect(_back(found))


def _say_settled(found: Opportunity, stage: uuid.UUID, text: str) -> None:
    web.say(text, undo_url=url_for(".reopen", opportunity_id=found.uuid, stage=stage, next=_back(found)))


def _back(found: Opportunity) -> str:
    """Where the person came from within the pipeline, else the opportunity's page."""
    wanted = request.values.get("next", "")
    is_ours = wanted.partition("?")[0] in (url_for(".board"), url_for(".index"))
    return wanted if is_ours else url_for(".show", opportunity_id=found.uuid)


def _wanted() -> queries.Wanted:
    return forms.parse_wanted(request.args, people.today(web.session()))


def _open_ones(wanted: queries.Wanted) -> queries.Wanted:
    return replace(wanted, state="open")


def _settled_since() -> dt.datetime:
    return clock.now() - dt.timedelta(days=queries.SETTLED_DAYS)


def _place(mark: str) -> tuple[float, int]:
    """Rank and id of the last card shown, as the page wrote them."""
    rank, _sign, last = mark.partition(",")
    try:
        return float(rank), int(last)
    except ValueError:
        raise Invalid("The page marker “after” is not one that this board gave out.") from None


def _together(columns: list[queries.Column]) -> list[queries.Sum]:
    return list(queries.merged([each for column in columns if column.stage.kind == "open" for each in column.sums]))


def _sums_by_stage() -> dict[str, Any]:
    """Each column's head in words, for the script that moved a card."""
    columns = queries.board(web.session(), _wanted(), _settled_since(), cards=1)
    return {
        "columns": {
            str(column.stage.uuid): {
                "count": number(column.count),
                "sums": [short_amount(each.amount_minor, each.currency) for each in column.sums],
            }
            for column in columns
        },
        "open": [amount(each.weighted_minor, each.currency) for each in _together(columns)],
    }


def _account_of(wanted: queries.Wanted) -> Account | None:
    return customers.account_by_uuid(web.session(), wanted.account) if wanted.account else None


def _owner_choices() -> list[tuple[str, str]]:
    return [("me", _("Mine")), (queries.NONE, _("Nobody's")), *people_labels.choices(queries.owners(web.session()))]


def _stage_choices(stages: list[Stage]) -> list[tuple[str, str]]:
    return [(str(stage.uuid), str(stage_name(stage.name))) for stage in stages]


def _month_choices(wanted: queries.Wanted) -> list[tuple[str, str]]:
    """Words of the list's `close` with their names; the one chosen is among them, however far."""
    words: list[dt.date | str] = [queries.EARLIER, *forecast.months_from(wanted.today), queries.NONE]
    found = [(word if isinstance(word, str) else f"{word:%Y-%m}", month_name(word)) for word in words]
    if wanted.close and wanted.close not in dict(found):
        found.append((wanted.close, wanted.close))
    return found


def _with_owner(users: list[User], owner: User | None) -> list[User]:
    """The people on offer, and who owns it already."""
    return users if owner is None or owner in users else [owner, *users]


def _person(users: list[User], public: str) -> User | None:
    return next((user for user in users if str(user.uuid) == public), None)


def _usual_owner(account: Account) -> str:
    owner = account.owner
    return str(owner.uuid) if owner is not None else str(current_user.uuid) if current_user.role == "rep" else ""
