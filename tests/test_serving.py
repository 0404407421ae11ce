"""`gcrm serve` as a process: it comes, answers, and goes without a word."""

from __future__ import annotations

import os
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.journeys.site import Site, on_cluster


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_with_its_workers_and_without_a_complaint(own_database, tmp_path, way):
    site = Site(on_cluster(own_database, tmp_path)).start()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(site.address)  # noqa: S310
    workers = [int(child) for child in children(site.pid) if "worker" in command(child)]
    assert len(workers) == 2
    assert site.stop(way) == 0
    assert not [line for line in site.said if "Error" in line or "Traceback" in line]
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def command(pid: str) -> str:
    return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes())
