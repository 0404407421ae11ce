"""Alive, ready, measured: what machines ask of a running gcrm."""

from __future__ import annotations

import hmac
import time
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gcrm.core import db, schema
from gcrm.core.config import settings
from gcrm.core.errors import NotFound

bp = Blueprint("core", __name__)

REQUESTS = Counter("gcrm_requests_total", "Requests", ["route", "method", "status"])
SECONDS = Histogram("gcrm_request_seconds", "Seconds to an answer", ["route"])
WORKER_SILENCE_SECONDS = 60


@bp.get("/healthz")
def healthz() -> Any:
    return jsonify(status="alive")


@bp.get("/readyz")
def readyz() -> Any:
    """Ready when the database answers at our migration and a worker has been heard."""
    parts = {"database": False, "migrated": False, "workers": False}
    try:
        with db.transaction(None) as session:
            parts["database"] = True
            parts["migrated"] = schema.current(session.connection()) == schema.head()
            parts["workers"] = bool(
                session.scalar(
                    text(
                        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - :silence * interval '1 s'"
                    ),
                    {"silence": WORKER_SILENCE_SECONDS},
                )
            )
    except SQLAlchemyError:
        pass
    is_ready = parts["database"] and parts["migrated"]
    return jsonify(status="ready" if is_ready else "not ready", parts=parts), 200 if is_ready else 503


@bp.get("/metrics")
def metrics() -> Response:
    """For loopback, or for whoever holds the metrics token; nobody else learns that it exists."""
    token = settings().metrics_token
    said = request.headers.get("Authorization", "").removeprefix("Bearer ")
    is_local = request.remote_addr in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
    if not is_local and not (token and hmac.compare_digest(said, token)):
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


@bp.before_app_request
def start_watch() -> None:
    g.started = time.perf_counter()


@bp.after_app_request
def stop_watch(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "none"
    REQUESTS.labels(route, request.method, response.status_code).inc()
    SECONDS.labels(route).observe(time.perf_counter() - g.get("started", time.perf_counter()))
    return response
