"""The pages of accounts and contacts."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from gcrm.core import web
from gcrm.core.errors import Conflict, Invalid, NotFound
from gcrm.core.geo import lon_lat
from gcrm.customers import contact_queries, forms, panels, queries, services
from gcrm.customers.forms import AccountForm, ContactForm
from gcrm.customers.models import Account, Contact
from gcrm.customers.queries import LARGE, Page
from gcrm.customers.selecting import FIELDS, Selection
from gcrm.customers.services import AlreadyThere
from gcrm.customers.values import Faulty, Setting
from gcrm.people import access
from gcrm.people import queries as people

bp = Blueprint("customers", __name__)

TYPED_FIELDS = ("industry", "tag", "source", "value_from", "unvisited_days")
"""Fields of a selection whose value a person can type."""
SUGGESTIONS = 10
LONGEST_KEPT = 2_000
"""Characters of a deleted contact that a cookie keeps for undoing."""

for _kind, _label, _icon in (
    ("visit", _l("Visit"), "map-pin-check"),
    ("call", _l("Call"), "phone"),
    ("mail", _l("Mail"), "mail"),
    ("meeting", _l("Meeting"), "users"),
    ("note", _l("Note"), "note"),
    ("task", _l("Task done"), "checkbox"),
    ("opportunity", _l("Opportunity"), "target"),
):
    panels.register_kind(_kind, _label, _icon)


@bp.get("/accounts")
def index() -> Any:
    """The accounts of a selection."""
    session, selection = web.session(), Selection.parse(request.args)
    sort = request.args.get("sort") or queries.USUAL_ORDER
    figures = queries.figures_up_to(session, selection, LARGE)
    marker = request.args.get("after") or request.args.get("before")
    page = queries.accounts_page(session, selection, sort, marker, is_large=figures is None)
    template = "customers/_results.html" if request.headers.get("HX-Request") else "customers/index.html"
    return render_template(
        template, page=page, figures=figures, large=LARGE, selection=selection, sort=sort, today=people.today(web.session()),
        menus=_menus(selection), typed=_typed(selection), exports=_exports(selection), map_url=_map_url(selection),
        is_empty=not page.rows and not selection and marker is None, next_due_on=queries.next_due_on,
        import_url=_url_of("exchange.new") if current_user.may("import") else None, **_pages(page),
    )  # fmt: skip


@bp.get("/accounts/figures")
def figures() -> Any:
    """Count and sums of a large selection, fetched after its list."""
    selection = Selection.parse(request.args)
    found = queries.figures(web.session(), selection)
    return render_template("customers/_figures.html", figures=found, selection=selection, large=LARGE)


@bp.get("/accounts/filter/<name>")
def choices(name: str) -> Any:
    """The choices of one field of the selection, for its menu or as a page of their own."""
    entry = FIELDS.get(name)
    if entry is None or entry.choices is None:
        raise NotFound(_("There is no such filter."))
    selection = Selection.parse(request.args)
    template = "customers/_choices.html" if request.headers.get("HX-Request") else "customers/choices.html"
    return render_template(template, menu=_menu(selection, name, ask=True), sort=request.args.get("sort"))


def _menus(selection: Selection) -> list[dict[str, Any]]:
    """The fields that offer choices; those with many are asked for when the menu opens."""
    return [_menu(selection, name) for name, entry in FIELDS.items() if entry.choices is not None]


def _menu(selection: Selection, name: str, ask: bool = False) -> dict[str, Any]:
    entry = FIELDS[name]
    assert entry.choices is not None
    return {
        "name": name,
        "label": entry.label,
        "is_multiple": entry.is_multiple,
        "chosen": selection.all(name),
        "choices": entry.choices() if ask or not entry.is_long else None,
        "others": selection.without(name).pairs(),
        "query": selection.query_string(),
    }


def _typed(selection: Selection) -> dict[str, Any]:
    """The fields that take a typed value; one that takes several adds to those there are."""
    fields = [
        {
            "name": name,
            "label": FIELDS[name].label,
            "value": "" if FIELDS[name].is_multiple else selection.get(name) or "",
        }
        for name in TYPED_FIELDS
        if name in FIELDS
    ]
    single = {name for name in TYPED_FIELDS if name in FIELDS and not FIELDS[name].is_multiple}
    return {"fields": fields, "others": [pair for pair in selection.pairs() if pair[0] not in single]}


def _exports(selection: Selection) -> list[dict[str, str]]:
    kinds = {"csv": _("CSV"), "xlsx": _("Excel"), "geojson": _("GeoJSON"), "gpkg": _("GeoPackage")}
    endpoint = "exchange.export_accounts"
    if endpoint not in current_app.view_functions:
        return []
    query = f"?{selection.query_string()}" if selection else ""
    return [{"label": label, "url": url_for(endpoint, ext=ext) + query} for ext, label in kinds.items()]


def _url_of(endpoint: str) -> str | None:
    return url_for(endpoint) if endpoint in current_app.view_functions else None


def _map_url(selection: Selection) -> str | None:
    url = _url_of("maps.accounts")
    return f"{url}?{selection.query_string()}" if url and selection else url


def _pages(page: Page[Any]) -> dict[str, Any]:
    """The addresses of the pages before and after."""
    return {
        "previous_url": web.current_url(before=page.previous, after=None) if page.previous else None,
        "next_url": web.current_url(after=page.next, before=None) if page.next else None,
    }


@bp.route("/accounts/new", methods=["GET", "POST"])
@access.may("edit_customers")
def new() -> Any:
    """Enter an account; on the phone with the place where one stands."""
    session = web.session()
    setting = services.setting_of(session)
    usual = MultiDict({"status": "prospect", "country": setting.country, "currency": setting.currency})
    usual.update({name: request.args[name] for name in ("name", "lon", "lat") if name in request.args})
    form = AccountForm(request.form if request.method == "POST" else usual)
    form.offer(setting)
    if request.method == "GET":
        return _account_page(form, setting)
    if form.lacks_choice():
        return _account_page(form, setting), 422
    try:
        account = services.create_account(
            session,
            form.given(),
            entered_by=current_user,
            insist=bool(request.form.get("insist")),
            location_source="pin",
        )
    except Faulty as error:
        form.mark(error.faults)
        return _account_page(form, setting), 422
    except AlreadyThere as error:
        return _account_page(form, setting, twins=error), 409
    return _saved(account, _("“%(name)s” is entered.", name=account.name))


def _account_page(
    form: AccountForm, setting: Setting, account: Account | None = None, twins: AlreadyThere | None = None,
    changes: list[tuple[str, str, str]] | None = None,
) -> str:  # fmt: skip
    return render_template(
        "customers/edit.html" if account else "customers/new.html",
        form=form, account=account, twins=twins, changes=changes, map_settings=_form_map(setting),
    )  # fmt: skip


def _form_map(setting: Setting) -> dict[str, Any]:
    """Where the form's map opens while no place is set: round one's home, else on the country."""
    if current_user.home is not None:
        lon, lat = lon_lat(current_user.home)
        return {"is_embedded": True, "bounds": [lon - 0.2, lat - 0.15, lon + 0.2, lat + 0.15]}
    return {"is_embedded": True, "bounds": queries.bounds_of_country(web.session(), setting.country)}


@bp.get("/accounts/twins")
@access.may("edit_customers")
def twins() -> Any:
    """What seems to be there already, while somebody types a new account."""
    name, postcode, street = (
        (request.args.get(word) or "").strip()[:300] or None for word in ("name", "postcode", "street")
    )
    found = services.check_new(web.session(), name, postcode, street) if name else None
    return render_template("customers/_twins.html", twins=found, is_hint=True)


@bp.get("/accounts/people")
def people_options() -> Any:
    """People to suggest while somebody types a name."""
    words = request.args.get("owner") or request.args.get("person") or ""
    found = queries.people_named(web.session(), words[:100], SUGGESTIONS) if words.strip() else []
    return render_template("customers/_people_options.html", people=found)


@bp.get("/accounts/named")
def account_options() -> Any:
    """Accounts to suggest while somebody types a name."""
    words = (request.args.get("parent_name") or "").split(" · ")[0]
    return render_template(
        "customers/_account_options.html", accounts=queries.accounts_named(web.session(), words[:200], SUGGESTIONS)
    )


@bp.get("/accounts/<uuid:account_id>")
def show(account_id: uuid.UUID) -> Any:
    """Everything about one account."""
    session = web.session()
    account = queries.account_by_uuid(session, account_id)
    due = queries.next_due_on(account)
    return render_template(
        "customers/show.html", account=account, due=due, is_overdue=due is not None and due < people.today(web.session()),
        is_never_visited=account.cadence_days is not None and account.last_visited_on is None,
        point=lon_lat(account.location) if account.location is not None else None,
        names=queries.names_round(session, account), contacts=contact_queries.contacts_of(session, account),
        children=queries.children_of(session, account), shared_with=queries.shared_with(session, account),
        timeline=queries.timeline(session, account), kinds=panels.kinds, main_panels=panels.rendered(account, "main"),
        side_panels=panels.rendered(account, "side"), actions=panels.actions(account),
        map_settings={"is_embedded": True},
    )  # fmt: skip


@bp.get("/accounts/<uuid:account_id>/timeline")
def timeline(account_id: uuid.UUID) -> Any:
    """The timeline further back."""
    session = web.session()
    account = queries.account_by_uuid(session, account_id)
    page = queries.timeline(session, account, request.args.get("after"))
    template = "customers/_timeline.html" if request.headers.get("HX-Request") else "customers/timeline.html"
    return render_template(template, account=account, timeline=page, kinds=panels.kinds)


@bp.route("/accounts/<uuid:account_id>/edit", methods=["GET", "POST"])
@access.may("edit_customers")
def edit(account_id: uuid.UUID) -> Any:
    session = web.session()
    account = queries.account_by_uuid(session, account_id, lock=request.method == "POST")
    setting = services.setting_of(session, account)
    current = forms.shown_account(account, queries.parent_of(session, account))
    form = AccountForm(request.form if request.method == "POST" else None, data=current)
    form.offer(setting)
    if request.method == "GET":
        return _account_page(form, setting, account)
    if form.version.data != current["version"]:
        changes = forms.differences(form, current, forms.ACCOUNT_FIELDS)
        form.version.data = current["version"]
        return _account_page(form, setting, account, changes=changes), 409
    if form.lacks_choice():
        return _account_page(form, setting, account), 422
    try:
        services.update_account(session, account, form.given(), location_source="pin")
    except Faulty as error:
        form.mark(error.faults)
        return _account_page(form, setting, account), 422
    except AlreadyThere as error:
        return _account_page(form, setting, account, twins=error), 409
    return _saved(account, _("Saved."))


def _saved(account: Account, sentence: str) -> Any:
    """To the account, or to the list with a word on who has it, when the write took it out of sight."""
    session = web.session()
    if queries.out_of_sight(session, account):
        owner = queries.owner_name(session, account) or _("nobody")
        flash(_("Saved. The account is now with %(name)s.", name=owner))
        return redirect(url_for(".index"))
    flash(sentence)
    return redirect(url_for(".show", account_id=account.uuid))


@bp.post("/accounts/<uuid:account_id>/owner")
@access.may("edit_customers")
def owner(account_id: uuid.UUID) -> Any:
    """Name the owner, or leave it to the territory again."""
    session = web.session()
    account = queries.account_by_uuid(session, account_id, lock=True)
    if request.form.get("release"):
        services.release_owner(session, account)
        return _saved(account, _("The territory decides again whose account this is."))
    services.name_owner(session, account, _person(request.form.get("owner", "")))
    return _saved(account, _("The account is with %(name)s.", name=queries.owner_name(session, account)))


@bp.post("/accounts/<uuid:account_id>/share")
@access.may("edit_customers")
def share(account_id: uuid.UUID) -> Any:
    """Let somebody see the account beside its owner."""
    session = web.session()
    account = queries.account_by_uuid(session, account_id)
    person = _person(request.form.get("person", ""))
    services.share_account(session, account, person)
    undo = {"undo_url": url_for(".unshare", account_id=account.uuid, person=person.email)}
    flash({"text": _("%(name)s sees this account now.", name=person.name)} | undo)  # type: ignore[arg-type] # the toasts read mappings too
    return redirect(url_for(".show", account_id=account.uuid))


@bp.post("/accounts/<uuid:account_id>/unshare")
@access.may("edit_customers")
def unshare(account_id: uuid.UUID) -> Any:
    session = web.session()
    account = queries.account_by_uuid(session, account_id)
    person = _person(request.values.get("person", ""))
    services.unshare_account(session, account, person)
    return _saved(account, _("%(name)s does not see this account any more.", name=person.name))


def _person(email: str) -> Any:
    found = people.user_by_email(web.session(), email)
    if found is None or not found.active:
        raise Invalid(_("There is nobody with the address “%(email)s”.", email=email.strip()))
    return found


@bp.post("/accounts/<uuid:account_id>/delete")
@access.may("delete_customers")
def delete(account_id: uuid.UUID) -> Any:
    """Delete an account on which nothing hangs; any other becomes a former one."""
    session = web.session()
    account = queries.account_by_uuid(session, account_id, lock=True)
    name = account.name
    if services.delete_account(session, account):
        flash(_("“%(name)s” is deleted.", name=name))
        return redirect(url_for(".index"))
    flash(_("Too much has happened with “%(name)s” to delete it. It is a former account now.", name=name))
    return redirect(url_for(".show", account_id=account.uuid))


@bp.get("/contacts")
def contacts() -> Any:
    """The people at accounts."""
    session = web.session()
    words = (request.args.get("q") or "").strip()[:200]
    marker = request.args.get("after") or request.args.get("before")
    page = contact_queries.contacts_page(session, words, marker)
    template = "customers/_contacts.html" if request.headers.get("HX-Request") else "customers/contacts.html"
    return render_template(
        template, page=page, words=words, is_empty=not page.rows and not words and marker is None, **_pages(page)
    )


@bp.route("/accounts/<uuid:account_id>/contacts/new", methods=["GET", "POST"])
@access.may("edit_customers")
def new_contact(account_id: uuid.UUID) -> Any:
    session = web.session()
    account = queries.account_by_uuid(session, account_id)
    form = ContactForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        return render_template("customers/contact.html", form=form, account=account)
    try:
        contact = services.create_contact(session, account, form.given())
    except Faulty as error:
        form.mark(error.faults)
        return render_template("customers/contact.html", form=form, account=account), 422
    flash(_("%(name)s is entered.", name=contact.name))
    return redirect(url_for(".show", account_id=account.uuid))


@bp.route("/contacts/<uuid:contact_id>/edit", methods=["GET", "POST"])
@access.may("edit_customers")
def edit_contact(contact_id: uuid.UUID) -> Any:
    session = web.session()
    contact = contact_queries.contact_by_uuid(session, contact_id, lock=request.method == "POST")
    current = forms.shown_contact(contact)
    form = ContactForm(request.form if request.method == "POST" else None, data=current)
    if request.method == "GET":
        return _contact_page(form, contact)
    if form.version.data != current["version"]:
        changes = forms.differences(form, current, forms.CONTACT_FIELDS)
        form.version.data = current["version"]
        return _contact_page(form, contact, changes), 409
    try:
        services.update_contact(session, contact, form.given())
    except Faulty as error:
        form.mark(error.faults)
        return _contact_page(form, contact), 422
    flash(_("Saved."))
    return redirect(url_for(".show", account_id=contact.account.uuid))


def _contact_page(form: ContactForm, contact: Contact, changes: list[tuple[str, str, str]] | None = None) -> str:
    return render_template(
        "customers/contact.html", form=form, account=contact.account, contact=contact, changes=changes
    )


@bp.post("/contacts/<uuid:contact_id>/delete")
@access.may("edit_customers")
def delete_contact(contact_id: uuid.UUID) -> Any:
    """Take a person out; the browser keeps what undoing needs."""
    session = web.session()
    contact = contact_queries.contact_by_uuid(session, contact_id, lock=True)
    account = contact.account
    kept = {name: value for name, value in forms.shown_contact(contact).items() if name != "version"}
    services.delete_contact(session, contact)
    said: dict[str, str] = {"text": _("%(name)s is taken out.", name=kept["name"])}
    if sum(len(str(value)) for value in kept.values()) <= LONGEST_KEPT:
        cookie["deleted_contact"] = {"account": str(account.uuid), "contact": kept}
        said["undo_url"] = url_for(".restore_contact")
    flash(said)  # type: ignore[arg-type]
    return redirect(url_for(".show", account_id=account.uuid))


@bp.post("/contacts/restore")
@access.may("edit_customers")
def restore_contact() -> Any:
    """Undo: enter the person who was just taken out again."""
    kept = cookie.pop("deleted_contact", None)
    if kept is None:
        raise Conflict(_("There is nothing to undo any more."))
    session = web.session()
    account = queries.account_by_uuid(session, kept["account"])
    contact = services.create_contact(session, account, kept["contact"])
    flash(_("%(name)s is back.", name=contact.name))
    return redirect(url_for(".show", account_id=account.uuid))
