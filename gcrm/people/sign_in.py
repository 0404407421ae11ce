"""Flask-Security on our session, with failed attempts counted in the database."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Flask, g, request
from flask_babel import lazy_gettext as _l
from flask_login import user_logged_in
from flask_security import MailUtil, Security
from flask_security.datastore import SQLAlchemySessionUserDatastore
from sqlalchemy.orm import scoped_session

from gcrm.core import clock, db, mail, secrets
from gcrm.core.config import settings
from gcrm.core.errors import TooMany
from gcrm.people import queries, services
from gcrm.people.models import User

WINDOW = dt.timedelta(minutes=15)
PAGES_THAT_WRITE = "security"
"""The library's own pages change the person they find, so there it is one of the session's."""


class Datastore(SQLAlchemySessionUserDatastore):
    """Finds people in short transactions of the bare login."""

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> User | None:
        if wanted.keys() == {"fs_uniquifier"} and request.blueprint != PAGES_THAT_WRITE:
            return queries.person_marked(wanted["fs_uniquifier"])
        wanted = {name: value.lower() if name == "email" else value for name, value in wanted.items()}
        found = queries.user_to_sign_in(self.db.session, wanted)
        self.db.session.commit()
        return found

    def find_role(self, role: str) -> None:
        return None


class Mails(MailUtil):
    def send_mail(
        self,
        template: str,
        subject: Any,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        # Subjects are translated late, and a letter takes plain text only.
        address = recipient if isinstance(recipient, str) else recipient[1]
        mail.send(mail.compose(address, str(subject), body or ""))


def _subjects() -> list[str]:
    """The address and the account that an attempt counts for, as hashes."""
    name = (request.form.get("email") or "").strip().lower()
    said = [f"address {request.remote_addr}"] + ([f"account {name}"] if name else [])
    return [secrets.digest(secrets.password_salt() + text) for text in said]


def hold_back() -> None:
    """Refuse a sign-in after too many failures, whatever process counted them."""
    if request.endpoint != "security.login" or request.method != "POST":
        return
    since = clock.now() - WINDOW
    with db.transaction(None) as session:
        worst = queries.most_sign_in_attempts(session, _subjects(), since)
    if worst >= settings().sign_in_attempts:
        raise TooMany(
            "Too many failed sign-ins. Wait 15 minutes and try again, or ask an admin for a new invitation.",
            retry_after=int(WINDOW.total_seconds()),
        )


def count_failure(response: Any) -> Any:
    """A sign-in form that comes back unfinished is a failed attempt; it outlives the request's rollback."""
    if request.endpoint == "security.login" and request.method == "POST" and not g.get("signed_in"):
        with db.transaction(None) as session:
            services.count_sign_in_attempt(session, _subjects())
    return response


def forget_failures(_app: Flask, user: User, **_more: Any) -> None:
    g.signed_in = True
    if request.endpoint == "security.login":
        with db.transaction(None) as session:
            services.forget_sign_in_attempts(session, _subjects())


def register(app: Flask) -> None:
    sign_in_session: scoped_session[db.PrincipalSession] = scoped_session(
        lambda: db.new_session(None),  # type: ignore[arg-type]  # any callable that makes a session serves
        scopefunc=lambda: id(g._get_current_object()),
    )
    app.config.update(
        SECRET_KEY=secrets.secret_key(),
        SECURITY_PASSWORD_SALT=secrets.password_salt(),
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of a scheme
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_LENGTH_MIN=services.SHORTEST_PASSWORD,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": True},
        SECURITY_RECOVERABLE=True,
        SECURITY_CHANGEABLE=True,
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_AUTO_LOGIN_AFTER_RESET=False,
        SECURITY_URL_PREFIX="",
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_EMAIL_SENDER=settings().mail_from,
        SECURITY_EMAIL_SUBJECT_PASSWORD_RESET=_l("Choose a new password"),
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_STATIC_FOLDER=None,
        SESSION_COOKIE_NAME="gcrm",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings().secure_cookies,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SECURE=settings().secure_cookies,
    )
    app.before_request(hold_back)
    Security(app, Datastore(sign_in_session, User, type("NoRole", (), {})), mail_util_cls=Mails)
    app.after_request(count_failure)
    user_logged_in.connect(forget_failures, app)

    @app.teardown_appcontext
    def close(_error: BaseException | None = None) -> None:
        sign_in_session.remove()
