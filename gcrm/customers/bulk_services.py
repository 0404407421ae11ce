"""Writes to every account of a selection: one statement, one audit entry, and a way back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ARRAY, BigInteger, Boolean, Integer, bindparam, select, text
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.errors import Conflict, Invalid, NotFound
from gcrm.customers import queries
from gcrm.customers.models import BulkChange
from gcrm.customers.selecting import Selection
from gcrm.customers.values import MOST_TAGS, tags
from gcrm.people.models import User

MOST_UNASKED = 200
"""More accounts than that are changed only when their number is confirmed."""
MOST_CHANGED = 20_000
"""At one time; more would hold the rows too long for everybody else."""


class NumberToConfirm(Conflict):
    """So many accounts that their number must be said with the act; `count` has it."""

    title = "Please confirm"

    def __init__(self, count: int) -> None:
        super().__init__(f"This changes {count:,} accounts. Confirm the number to go on; nothing was changed yet.")
        self.count = count


@dataclass(frozen=True)
class Done:
    """What a bulk write did."""

    selected: int
    changed: int
    change: BulkChange | None
    """None when every account was so already."""


def assign(session: Session, user_id: int, selection: Selection, owner: User, confirmed: int | None = None) -> Done:
    """Make a person the owner of every account of the selection."""
    if not owner.active or owner.role not in ("rep", "manager"):
        raise Invalid(f"{owner.name} cannot own accounts: choose an active rep or manager.")
    ids = _ids(session, selection, confirmed)
    rows = session.execute(_ASSIGN, {"ids": ids, "owner": owner.id}).all()
    change = _kept(
        session, BulkChange(
            user_id=user_id, verb="assign", target=str(owner.id), account_ids=[row.id for row in rows],
            owners_before=[row.owner_id for row in rows], named_before=[row.owner_named for row in rows],
        )
    )  # fmt: skip
    return Done(len(ids), len(rows), change)


def tag(session: Session, user_id: int, selection: Selection, word: str, confirmed: int | None = None) -> Done:
    """Put a tag on every account of the selection that does not have it."""
    return _tagged(session, user_id, selection, "tag", word, confirmed)


def untag(session: Session, user_id: int, selection: Selection, word: str, confirmed: int | None = None) -> Done:
    """Take a tag off every account of the selection that has it."""
    return _tagged(session, user_id, selection, "untag", word, confirmed)


def _tagged(session: Session, user_id: int, selection: Selection, verb: str, word: str, confirmed: int | None) -> Done:
    one = _one_tag(word)
    ids = _ids(session, selection, confirmed)
    changed = list(session.scalars(_TAGS[verb], {"ids": ids, "tag": one}))
    change = _kept(session, BulkChange(user_id=user_id, verb=verb, target=one, account_ids=changed))
    return Done(len(ids), len(changed), change)


def _one_tag(word: str) -> str:
    read = tags(word)
    if len(read) != 1:
        raise Invalid("Give one tag.")
    return read[0]


def undo(session: Session, public: uuid.UUID) -> BulkChange:
    """Put back what a bulk write of one's own changed; an account that was changed again since stays as it is."""
    change = session.scalar(select(BulkChange).where(BulkChange.uuid == public).with_for_update())
    if change is None:
        raise NotFound("There is nothing to undo here.")
    if change.undone_at is not None:
        raise Conflict("This was undone already.")
    if change.verb == "assign":
        values = {"ids": change.account_ids, "owners": change.owners_before, "named": change.named_before}
        session.execute(_ASSIGN_BACK, values | {"owner": int(change.target)})
    else:
        back = _TAGS["untag" if change.verb == "tag" else "tag"]
        session.execute(back, {"ids": change.account_ids, "tag": change.target})
    change.undone_at = clock.now()
    session.flush()
    session.expire_all()
    return change


def _ids(session: Session, selection: Selection, confirmed: int | None) -> list[int]:
    """The accounts of the selection, locked in one order; refused when they are many and not confirmed, or too many."""
    ids = queries.ids_up_to(session, selection, MOST_CHANGED + 1)
    if not ids:
        raise Invalid("No account is selected.")
    if len(ids) > MOST_CHANGED:
        raise Invalid(f"More than {MOST_CHANGED:,} accounts are selected. Narrow the selection and go on in parts.")
    if len(ids) > MOST_UNASKED and confirmed != len(ids):
        raise NumberToConfirm(len(ids))
    return ids


def _kept(session: Session, change: BulkChange) -> BulkChange | None:
    session.expire_all()
    if not change.account_ids:
        return None
    session.add(change)
    session.flush()
    return change


_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_FOUND = """
WITH found AS MATERIALIZED (
  SELECT id, owner_id, owner_named, tags FROM accounts WHERE id = ANY (:ids)
  ORDER BY id FOR UPDATE
)
"""
_ASSIGN = text(
    _FOUND
    + """
UPDATE accounts SET owner_id = :owner, owner_named = true FROM found
WHERE accounts.id = found.id AND (found.owner_id IS DISTINCT FROM :owner OR NOT found.owner_named)
RETURNING accounts.id, found.owner_id, found.owner_named
"""
).bindparams(_IDS, bindparam("owner", type_=Integer))
_ASSIGN_BACK = text(
    """
UPDATE accounts SET owner_id = before.owner_id, owner_named = before.named
FROM unnest(:ids, :owners, :named) AS before (id, owner_id, named)
WHERE accounts.id = before.id AND accounts.owner_id = :owner
"""
).bindparams(
    _IDS,
    bindparam("owners", type_=ARRAY(Integer)),
    bindparam("named", type_=ARRAY(Boolean)),
    bindparam("owner", type_=Integer),
)
_TAGS = {
    "tag": text(
        _FOUND
        + """
UPDATE accounts SET tags = accounts.tags || CAST(:tag AS text) FROM found
WHERE accounts.id = found.id AND NOT (CAST(:tag AS text) = ANY (found.tags)) AND cardinality(found.tags) < :most
RETURNING accounts.id
"""
    ).bindparams(_IDS, bindparam("most", MOST_TAGS)),
    "untag": text(
        _FOUND
        + """
UPDATE accounts SET tags = array_remove(accounts.tags, CAST(:tag AS text)) FROM found
WHERE accounts.id = found.id AND CAST(:tag AS text) = ANY (found.tags) RETURNING accounts.id
"""
    ).bindparams(_IDS),
}
