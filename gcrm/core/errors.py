"""The kinds of failure a person or program is told about, each with its HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def filled(template: str, details: Mapping[str, Any]) -> str:
    """A sentence with its `%(name)s` filled in; one that has none of these names stays as it is."""
    try:
        return template % details if details and "%(" in template else template
    except (KeyError, TypeError, ValueError):
        return template


class GcrmError(Exception):
    """A failure with a sentence for the person and facts for a program.

    A sentence that names something is a template with `%(name)s`, filled from the details, so that it can be said in other languages.
    """

    status = 500
    title = "Something went wrong"

    def __init__(self, message: str, **details: Any) -> None:
        self.details = details
        self.say(message)
        super().__init__(self.message)

    def say(self, message: str) -> None:
        """Put the failure in another sentence."""
        self.template = message
        self.message = filled(message, self.details)


class Invalid(GcrmError):
    """The input cannot be used as it is."""

    status = 422
    title = "Not accepted"


class Malformed(Invalid):
    """An address that cannot be understood; clients of maps take 400 as their own fault."""

    status = 400
    title = "Not understood"


class Unauthorized(GcrmError):
    """Nobody is signed in."""

    status = 401
    title = "Sign in first"


class Forbidden(GcrmError):
    """This person's role does not allow the act."""

    status = 403
    title = "Not allowed"


class NotFound(GcrmError):
    """No such thing, or none that this person may see: the two look alike."""

    status = 404
    title = "Not found"


class Conflict(GcrmError):
    """The thing changed meanwhile, or another stands in the way."""

    status = 409
    title = "Changed meanwhile"


class TooLarge(GcrmError):
    """More than is taken at once."""

    status = 413
    title = "Too large"


class TooMany(GcrmError):
    """Too many attempts in a short time."""

    status = 429
    title = "Too many attempts"


class Unavailable(GcrmError):
    """A part that gcrm needs does not answer."""

    status = 503
    title = "Not available"
