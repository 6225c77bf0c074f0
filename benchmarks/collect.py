"""The reliability harness: kill the collector, make its platform misbehave, and count what is lost.

For each source a local server offers at least 20,000 posts in 200 pages. The collector runs in a process of its own, again and
again like a scheduled job, until it has drained. In the table's rows the server answers a share of the requests with one kind
of fault; in the row "all, killed" with all of them, and the process is killed (SIGKILL) at 100 random points besides. Then every post
that the server offered is looked for in the table.

    python -m benchmarks.collect                      # the full table, as in docs/reliability.md
    python -m benchmarks.collect --posts 2000 --kills 10 --sources x
    python -m benchmarks.collect --throughput         # posts a second from a local server into the store
"""

from __future__ import annotations

import argparse
import logging
import os
import sys

from benchmarks.reliability import rows, throughput
from tests.servers.core import FAULTS
from tests.servers.everything import SERVERS


def main() -> int:
    """Print what was asked for. Returns 1 if a line of the table is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", nargs="+", default=list(SERVERS), choices=list(SERVERS))
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--share", type=float, default=0.05, help="of the requests, answered with a fault")
    parser.add_argument("--seed", type=int, default=20_251_028)
    parser.add_argument("--faults", nargs="*", default=FAULTS, choices=FAULTS, help="lines with one kind of fault")
    parser.add_argument("--no-kills", action="store_true", help="leave out the line with all faults and kills")
    parser.add_argument("--throughput", action="store_true")
    args = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    logging.disable(logging.CRITICAL)
    if args.throughput:
        for source in args.sources:
            print(f"{source:11} {throughput(source, args.posts):8,.0f} posts/s")
        return 0
    print(
        "| source | fault | offered | stored | doubled | lost | requests | allowed | faults | kills | runs | seconds |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    bad = 0
    for row in rows(
        args.sources,
        posts=args.posts,
        kills=args.kills,
        share=args.share,
        seed=args.seed,
        faults=tuple(args.faults),
        together=not args.no_kills,
    ):
        name = "all, killed" if row.fault == "all" else row.fault
        figures = (
            row.offered,
            row.stored,
            row.doubled,
            row.lost,
            row.requests,
            row.allowed,
            row.faults,
            row.kills,
            row.runs,
        )
        print(
            f"| {row.source} | {name} | {' | '.join(f'{figure:,}' for figure in figures)} | {row.seconds:.0f} |",
            flush=True,
        )
        bad += not row.good
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
