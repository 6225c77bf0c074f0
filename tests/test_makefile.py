"""`make` builds .venv, and begins anew where an install was cut short."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Stand-ins for python and pip, which would fetch a gigabyte: they leave what an install leaves.
PYTHON = """#!/bin/sh
echo venv >> log
mkdir -p .venv/bin
cp pip .venv/bin/pip
"""
PIP = """#!/bin/sh
echo pip >> log
touch .venv/half
test ! -e cut || { rm cut; exit 1; }
printf '#!/bin/sh\\n' > .venv/bin/layoffs
cp .venv/bin/layoffs .venv/bin/pytest
chmod +x .venv/bin/*
"""


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_an_install_that_was_cut_short_begins_anew(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name, script in (("python", PYTHON), ("pip", PIP)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)

    def make(target):
        return subprocess.run(
            ["make", target, "PYTHON=./python"], cwd=tmp_path, capture_output=True, check=False
        ).returncode

    (tmp_path / "cut").touch()
    assert make("demo") != 0
    assert (tmp_path / ".venv" / "half").exists()
    (tmp_path / ".venv" / "half").unlink()
    assert make("demo") == 0
    assert (tmp_path / "log").read_text().split() == ["venv", "pip", "venv", "pip"]
    assert make("demo") == 0  # nothing to install
    (tmp_path / "cut").touch()
    assert make("test") != 0
    assert make("test") == 0
    assert (tmp_path / "log").read_text().split()[4:] == ["pip", "venv", "pip"]
    assert not (tmp_path / ".venv" / "unfinished").exists()
