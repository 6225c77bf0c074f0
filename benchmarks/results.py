"""Lines of the reliability table on disk: one JSON object each, appended as soon as it is measured."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.reliability import LINES, Row
from tests.servers.everything import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_COLUMNS = ("offered", "stored", "doubled", "lost", "requests", "allowed", "faults", "kills", "runs", "seconds")


class Results:
    """Those of one size (posts, kills, share, seed). Lines of other sizes stay in the file and are passed over."""

    def __init__(self, path: Path, size: Mapping[str, Any]) -> None:
        self._path, self._size = path, dict(size)

    def rows(self) -> list[Row]:
        """In the table's order; of a line that was measured twice the newer one."""
        found = {(row.source, row.fault): row for row in (Row(**line["row"]) for line in self._lines())}
        order = list(SERVERS), list(LINES)
        return sorted(found.values(), key=lambda row: (order[0].index(row.source), order[1].index(row.fault)))

    def commits(self) -> list[str]:
        """Those that the lines were measured at."""
        return list(dict.fromkeys(line["commit"] for line in self._lines()))

    def add(self, row: Row) -> None:
        """Append a line; a half line that a kill left before it is closed off."""
        line = json.dumps({"commit": _commit(), "size": self._size, "row": asdict(row)})
        torn = self._path.exists() and not self._path.read_bytes().endswith(b"\n")
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{chr(10) if torn else ''}{line}\n")

    def _lines(self) -> list[dict[str, Any]]:
        lines = []
        for text in self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else ():
            try:
                line = json.loads(text)
            except ValueError:
                continue  # cut short by a kill: it is measured again
            if line["size"] == self._size:
                lines.append(line)
        return lines


def markdown(rows: Iterable[Row], commits: Sequence[str]) -> str:
    """The table as docs/reliability.md shows it."""
    lines = [f"| source | fault | {' | '.join(_COLUMNS)} |", f"|---|---|{'--:|' * len(_COLUMNS)}"]
    for row in rows:
        name = "all, killed" if row.kills else row.fault
        figures = " | ".join(f"{getattr(row, column):,.0f}" for column in _COLUMNS)
        lines.append(f"| {row.source} | {name}{', never drained' if row.drained is False else ''} | {figures} |")
    return "\n".join([*lines, "", f"Measured at {', '.join(commits) or 'no commit yet'}."])


def _commit() -> str:
    """The commit, with + where the working tree differs from it."""
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()
