"""Serve all platforms on loopback, and say how to collect from them.

python -m tests.servers            # then, in another terminal, the two commands that it prints
python -m tests.servers --faults   # one request in ten is answered with a fault
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import random
import signal
import sys
from pathlib import Path
from typing import Any

from tests.servers.core import FAULTS, Server
from tests.servers.everything import CREDENTIALS, SERVERS, section
from tests.servers.mastodon import Mastodon


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("local-servers"), help="for config.toml, .env and the data")
    parser.add_argument("--posts", type=int, default=2_000, help="of each platform")
    parser.add_argument("--faults", action="store_true")
    args = parser.parse_args()
    now = dt.datetime.now(dt.UTC)
    with contextlib.ExitStack() as stack:
        sections = {}
        for name, make in SERVERS.items():
            platform = make(args.posts, start=now - dt.timedelta(days=6), end=now - dt.timedelta(minutes=10))
            if args.faults:
                chance = random.Random(name)
                platform.choose_fault = lambda _number, chance=chance: (
                    chance.choice(FAULTS) if chance.random() < 0.1 else None
                )
            url = stack.enter_context(Server(platform)).url
            if isinstance(platform, Mastodon):
                platform.move(url)
            sections[name] = section(name, url)
        args.folder.mkdir(parents=True, exist_ok=True)
        args.folder.joinpath("config.toml").write_text(config(sections), encoding="utf-8")
        args.folder.joinpath(".env").write_text(
            "".join(f"{name}={value}\n" for name, value in CREDENTIALS.items()), encoding="utf-8"
        )
        command = f"layoffs --config {args.folder}/config.toml"
        said = [
            f"Serving {', '.join(SERVERS)} with {args.posts:,} posts each. In another terminal:",
            f"    {command} doctor",
        ]
        sys.stdout.write("\n".join([*said, f"    {command} collect", "Ctrl-C ends the servers.", ""]))
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return 0


def config(sections: dict[str, dict[str, Any]]) -> str:
    """A config.toml for these sections: a JSON string, number or list of them is also TOML."""
    lines = [
        '[[companies]]\nname = "Amazon"\n\n[[companies]]\nname = "Meta"\nhandles = ["Meta"]\n\n[sources]\nlanguages = ["en"]'
    ]
    for name, values in sections.items():
        lines.append(f"\n[sources.{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
