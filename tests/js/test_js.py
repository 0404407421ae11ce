"""The pure scripts of the phone, by node's own runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def test_every_script_passes_its_own_tests():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not here")
    files = sorted(str(file) for file in HERE.glob("*.test.js"))
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
