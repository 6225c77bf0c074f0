"""docs/adding-a-source.md, followed to the letter in a copy of the package, makes a source that resumes and survives faults."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.wire import Transient
from tests.servers.core import DRIPS, FAULTS, Platform, Reply, Request, Server, iso

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "adding-a-source.md").read_text(encoding="utf-8")

SCRIPT = """
import datetime as dt, json, sys
from collectors import Credentials, SourcesSettings, collect, doctor
import collectors
from store import Store
from tests.collectors.live.conftest import PlayedClock
folder, *urls = sys.argv[1:]
credentials = Credentials({"GUESTBOOK_KEY": "key-of-the-desk"})
runs = []
for number, url in enumerate(urls):
    store, clock = Store.open(f"{folder}-{number}"), PlayedClock()
    settings = SourcesSettings.model_validate({"guestbook": {"base_url": url, "read_seconds": 0.5}})
    codes = []
    for _ in range(3):
        codes.append(collect(store, settings, employers=[], credentials=credentials, clock=clock).exit_code)
        clock.forward(hours=1)
    runs.append([codes, store.scan("posts").collect()["post_id"].to_list()])
health = doctor(store, settings, employers=[], credentials=Credentials({}), only=["guestbook"])[0]
print(json.dumps({"runs": runs, "where": collectors.__file__, "advice": health.advice}))
"""


class Guestbook(Platform):
    """What the page describes. An old entry stands at the end of its second page: it must not end the window."""

    name = "guestbook"

    def __init__(self, count: int, *, end: dt.datetime) -> None:
        super().__init__()
        self.entries = [
            {
                "id": count - n,
                "written_at": iso(end - dt.timedelta(minutes=n, days=60 * (n == 99))),
                "words": f"Laid off, entry {n}",
                "name": "A",
            }
            for n in range(count)
        ]

    def answer(self, request: Request) -> Reply:
        return self._page(request)

    def _page(self, request: Request, *, again: bool = False, shuffled: bool = False, garbage: bool = False) -> Reply:
        before, limit = int(request.params["before"] or 10**9) + 50 * again, int(request.params["limit"])
        shown = [entry for entry in self.entries if entry["id"] < before][:limit]
        more = str(shown[-1]["id"]) if len(shown) == limit else None
        if shuffled:
            self.random.shuffle(shown)
        return Reply({"entries": [*shown, {"id": None}] if garbage else shown, "more_before": more})

    def faulty(self, fault: str, request: Request) -> Reply:
        refusals = {"rate_limit": 429, "rate_limit_unsaid": 429, "expired_token": 401, "revoked": 403}
        if fault in refusals:
            return Reply({}, status=refusals[fault])
        if fault == "empty_page":
            return Reply({"entries": [], "more_before": None})
        return self._page(
            request,
            again=fault == "repeated_page",
            shuffled=fault == "out_of_order",
            garbage=fault == "malformed_post",
        )


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def _patched(text: str, diff: str) -> str:
    before = "".join(line[1:] + "\n" for line in diff.splitlines() if line[0] != "+")
    after = "".join(line[1:] + "\n" for line in diff.splitlines() if line[0] != "-")
    assert text.count(before) == 1, before
    return text.replace(before, after)


def test_the_page_as_it_stands_makes_a_source(tmp_path):
    for package in ("collectors", "store"):
        shutil.copytree(ROOT / package, tmp_path / "copy" / package, ignore=shutil.ignore_patterns("__pycache__"))
    [module] = _blocks("python")
    (tmp_path / "copy" / "collectors" / "guestbook.py").write_text(module, encoding="utf-8")
    registry = tmp_path / "copy" / "collectors" / "registry.py"
    for diff in _blocks("diff"):
        registry.write_text(_patched(registry.read_text(encoding="utf-8"), diff), encoding="utf-8")
    platforms = [Guestbook(170, end=dt.datetime(2025, 10, 30, 11, tzinfo=dt.UTC)) for _ in (*FAULTS, *DRIPS)]
    with contextlib.ExitStack() as stack:
        for platform, fault in zip(platforms, (*FAULTS, *DRIPS), strict=True):
            platform.next_faults = [None, fault, None, fault]
        answer = subprocess.run(
            [
                sys.executable,
                "-c",
                SCRIPT,
                str(tmp_path / "data"),
                *(stack.enter_context(Server(platform)).url for platform in platforms),
            ],
            check=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PYTHONPATH": f"{tmp_path / 'copy'}:{ROOT}", "NO_PROXY": "127.0.0.1", "PATH": ""},
        )
    told = json.loads(answer.stdout)
    assert told["where"].startswith(str(tmp_path))
    for fault, (codes, ids) in zip((*FAULTS, *DRIPS), told["runs"], strict=True):
        assert (fault, codes[-1], sorted(ids, key=int)) == (fault, 0, [str(n) for n in range(1, 171)])
    assert [platform.injected for platform in platforms] == [[fault] * 2 for fault in (*FAULTS, *DRIPS)]
    assert "GUESTBOOK_KEY" in told["advice"]
    assert "Ask at the desk" in told["advice"]


@pytest.mark.parametrize("answer", [[], {}, {"entries": None}, {"error": "closed"}])
def test_the_page_s_module_takes_other_json_for_no_answer(answer):
    [module] = _blocks("python")
    names: dict[str, object] = {"__name__": "guestbook"}
    exec(compile(module, "guestbook.py", "exec"), names)
    with pytest.raises(Transient):
        names["read_page"](answer, None)
