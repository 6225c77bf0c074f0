"""The reliability harness: kill the collector, make its platform misbehave, and count what is lost.

For each source a local server offers at least 20,000 posts in 200 pages. The collector runs in a process of its own, again and
again like a scheduled job, until it has drained. In the table's lines the server answers a share of the requests with one kind
of fault; in the line "all" with all of them, and the process is killed (SIGKILL) at 100 random points besides. Then every post
that the server offered is looked for in the table.

    python -m benchmarks.collect                      # measures what is not in the file yet, then prints the whole table
    python -m benchmarks.collect --posts 2000 --kills 10 --sources x --faults html timeout all
    python -m benchmarks.collect --print              # prints what is there, for docs/reliability.md; measures nothing
    python -m benchmarks.collect --throughput         # posts a second from a local server into the store, and what bounds it

Each line that is done is appended to --results with the commit it was measured at. Stopped at any moment, the next call goes
on with the line that was cut short.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from benchmarks.reliability import ALL, LINES, rows
from benchmarks.results import Results, markdown
from benchmarks.throughput import throughput
from tests.servers.everything import SERVERS


def main() -> int:
    """Print what was asked for. Returns 1 if a line of the table is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", nargs="+", default=list(SERVERS), choices=list(SERVERS))
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=100, help=f'in the line "{ALL}"')
    parser.add_argument("--share", type=float, default=0.05, help="of the requests, answered with a fault")
    parser.add_argument("--seed", type=int, default=20_251_028)
    parser.add_argument("--faults", nargs="+", default=LINES, choices=LINES, help="lines of each source")
    parser.add_argument(
        "--results", type=Path, default=Path("reliability.jsonl"), help="JSON lines, a line of the table each"
    )
    parser.add_argument("--print", action="store_true", dest="only_print", help="measure nothing")
    parser.add_argument("--throughput", action="store_true")
    args = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    logging.disable(logging.CRITICAL)
    if args.throughput:
        for source in args.sources:
            print(throughput(source, args.posts), flush=True)
        return 0
    size = {"posts": args.posts, "kills": args.kills, "share": args.share, "seed": args.seed}
    results = Results(args.results, size)
    if not args.only_print:
        for row in rows(args.sources, faults=tuple(args.faults), done=results.rows(), **size):
            results.add(row)
            print(f"{row.source} {row.fault}: {row.seconds:.0f} s", file=sys.stderr, flush=True)
    wanted = [row for row in results.rows() if row.source in args.sources and row.fault in args.faults]
    print(markdown(wanted, results.commits()))
    return 0 if all(row.good for row in wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
