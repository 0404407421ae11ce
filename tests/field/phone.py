"""A phone in tests: it makes acts as a real one does and sends them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from gcrm.core import clock
from gcrm.field import acts


def ident() -> str:
    return str(uuid.uuid4())


@dataclass
class Phone:
    """Somebody's phone; `client` has that person's session."""

    client: Any
    person: Any
    id: str = field(default_factory=ident)
    seq: int = 0
    behind: dt.timedelta = dt.timedelta()
    """By how much its clock is."""

    @property
    def now(self) -> dt.datetime:
        return clock.now() - self.behind

    def act(self, kind: str, at: dt.datetime | None = None, **body: Any) -> dict[str, Any]:
        self.seq += 1
        fields = {name: body.pop(name) for name in ("place", "no_place", "amends") if name in body}
        said = {name: _said(value) for name, value in body.items()}
        return {
            "id": ident(), "kind": kind, "at": (at or self.now).isoformat(), "seq": self.seq, "body": said,
            "place": None, "no_place": None, "amends": None, "tab": None,
        } | fields  # fmt: skip

    def post(self, batch: list[Any], schema: int = acts.SCHEMA, **more: Any):
        said = {"phone": self.id, "schema": schema, "sent_at": self.now.isoformat(), "acts": batch} | more
        return self.client.post("/field/acts", json=said, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Field-Person": str(self.person.uuid), "X-Field-Phone": self.id, "Accept": "application/json"}

    def send(self, *batch: Any, **more: Any) -> list[dict[str, Any]]:
        answer = self.post(list(batch), **more)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json["answers"]

    def states(self, *batch: Any) -> list[str]:
        return [answer["state"] for answer in self.send(*batch)]

    def ask(self, *ids: str) -> list[dict[str, Any]]:
        return self.client.get("/field/acts", query_string={"ids": ",".join(ids)}).json["answers"]


def _said(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID | dt.date) else value
