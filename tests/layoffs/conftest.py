"""The command line, run as a user would, in a folder of its own."""

import json
import logging
import sys
from dataclasses import dataclass

import pytest

from layoffs.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def layoffs(tmp_path, monkeypatch, capfd):
    """layoffs("import", "x.csv") runs the command in an empty folder and says how it ended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["layoffs", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capfd.readouterr()
        return Ended(ended.value.code or 0, captured.out, captured.err)

    yield run
    for name in ("layoffs", "collectors", "analysis", "reports", "store"):
        logging.getLogger(name).handlers = []


@pytest.fixture
def project(layoffs):
    """The same, with the default config.toml written."""
    assert layoffs("init").code == 0
    return layoffs
