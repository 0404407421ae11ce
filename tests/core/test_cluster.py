"""The private cluster survives what machines and people do to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import create_engine, text

from gcrm.core.cluster import SUPERUSER, Cluster
from gcrm.core.errors import Invalid

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture
def cluster(data_folder):
    made = Cluster(data_folder)
    yield made
    made.leave()
    if made.is_running():
        made.stop()


def ask(cluster: Cluster, question: str = "SELECT 1"):
    engine = create_engine(cluster.url("postgres", SUPERUSER))
    try:
        with engine.connect() as connection:
            return connection.execute(text(question)).scalar()
    finally:
        engine.dispose()


def test_it_answers_on_a_socket_and_on_no_port(cluster):
    cluster.use()
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert (cluster.socket_folder.stat().st_mode & 0o077) == 0


def test_it_survives_kill_9_of_everything_and_a_stale_pid_file(cluster):
    cluster.use()
    ask(cluster, "SELECT 1")
    cluster.kill()
    for _attempt in range(50):
        if cluster._pid() is None:
            break
        time.sleep(0.1)
    stale = cluster.data / "postmaster.pid"
    lines = stale.read_text().split("\n") if stale.exists() else ["", str(cluster.data)]
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    cluster.leave()
    again = Cluster(cluster.folder)
    again.use()
    assert ask(again) == 1
    again.leave()
    assert not again.is_running()


def test_another_major_version_is_refused_and_says_what_to_do(cluster):
    cluster.use()
    cluster.leave()
    (cluster.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(Invalid, match=r"was made by PostgreSQL 9.*gcrm db backup"):
        Cluster(cluster.folder).use()
    (cluster.data / "PG_VERSION").write_text("15\n")


def test_whoever_leaves_first_does_not_stop_it_for_the_other(cluster, data_folder):
    code = f"from gcrm.core.cluster import Cluster; from pathlib import Path; Cluster(Path({str(data_folder)!r})).use(); print('in', flush=True)"
    serving = subprocess.Popen(
        [sys.executable, "-c", code + "; import time; time.sleep(60)"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout.readline().strip() == "in"
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        assert cluster.is_running()
        with pytest.raises(Invalid, match="Another gcrm process"):
            cluster.stop()
    finally:
        serving.send_signal(signal.SIGKILL)
        serving.wait()
        serving.stdout.close()


def test_started_by_command_it_stays(cluster):
    cluster.start_and_keep()
    cluster.leave()
    assert cluster.is_running()
    cluster.stop()
    assert not cluster.is_running()


def test_files_that_are_no_cluster_are_left_alone(data_folder):
    (data_folder / "postgres").mkdir()
    (data_folder / "postgres" / "thesis.doc").write_text("mine")
    with pytest.raises(Invalid, match="holds files but is no PostgreSQL data folder"):
        Cluster(data_folder).use()
