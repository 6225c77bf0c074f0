"""Algolia's Hacker News index: search by date with numeric filters and tags. Wire format as on hn.algolia.com/api."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING, Any

from tests.servers.core import Platform, Reply, Request, iso, spread
from tests.servers.words import post_text

if TYPE_CHECKING:
    import datetime as dt

_HITS = 1_000
_FILTER = re.compile(r"created_at_i(>=|<)(\d+)")


class HackerNews(Platform):
    """Hits for any word; below some stories, comments that don't hold it."""

    name = "hackernews"

    def __init__(
        self, *, count: int = 300, threads: int = 3, comments_each: int = 20, start: dt.datetime, end: dt.datetime
    ) -> None:
        super().__init__()
        self.hits: list[dict[str, Any]] = []
        self.threads: dict[str, list[dict[str, Any]]] = {}
        self.stalled_at: dt.datetime | None = None
        """Nothing newer is in the index."""
        self.deleted: set[str] = set()
        number = 40_000_000
        moments = spread(count, start=start, end=end, seed=19)
        for at, moment in enumerate(moments):
            story = at < threads * 7 and at % 7 == 0
            self.hits.append(self.hit(number + at, moment, replies=comments_each if story else 0))
            if story:
                own_id, first = str(number + at), number + count + at * comments_each
                self.threads[own_id] = [self.hit(first + n, moment, thread=own_id) for n in range(comments_each)]
        self._order = [-hit["created_at_i"] for hit in self.hits]
        self._all = {
            hit["objectID"]: hit for hit in [*self.hits, *(c for thread in self.threads.values() for c in thread)]
        }

    def hit(self, number: int, moment: dt.datetime, *, replies: int = 0, thread: str | None = None) -> dict[str, Any]:
        """A story, or a comment below one."""
        seconds = int(moment.timestamp())
        own = {
            "objectID": str(number),
            "created_at": iso(moment),
            "created_at_i": seconds,
            "author": f"hn{number % 400}",
            "points": number % 99,
        }
        if thread:
            extra = {
                "comment_text": f"<p>{post_text(number)}</p>",
                "story_id": int(thread),
                "parent_id": int(thread),
                "story_title": "Layoffs",
            }
            return {**own, **extra, "_tags": ["comment", f"author_hn{number % 400}", f"story_{thread}"]}
        extra = {"title": post_text(number)[:80], "story_text": post_text(number), "num_comments": replies}
        return {**own, **extra, "_tags": ["story", f"author_hn{number % 400}", f"story_{number}"]}

    def keys(self) -> set[str]:
        """What a collector should have stored."""
        return set(self._all)

    def newest(self) -> tuple[dict[str, Any], str]:
        """A post in the platform's own form, to be spoilt, and the key of its text."""
        return self.hits[0], "story_text"

    def answer(self, request: Request) -> Reply:
        if request.path.startswith("/api/v1/items/"):
            return self._item(request.path.rpartition("/")[2])
        if not request.path.startswith("/api/v1/search"):
            return Reply({"message": "not found"}, status=404)
        return self._search(request)

    def _item(self, own_id: str) -> Reply:
        """One that is gone is no longer in the index, or all that is left of it is its place in the thread."""
        if own_id not in self._all:
            return Reply({"status": 404, "error": "Not Found"}, status=404)
        if own_id in self.deleted:
            return Reply({"id": int(own_id), "children": []})
        hit = self._all[own_id]
        said = {"title": hit.get("title"), "text": hit.get("story_text", hit.get("comment_text"))}
        return Reply({"id": int(own_id), "author": hit["author"], "type": hit["_tags"][0], **said, "children": []})

    def _found(self, request: Request) -> list[dict[str, Any]]:
        tags = request.params.get("tags", "")
        if match := re.search(r"story_(\d+)", tags):
            thread = self.threads.get(match[1], [])
            stories = [hit for hit in self.hits if hit["objectID"] == match[1] and not tags.startswith("comment")]
            return stories + thread
        limits = dict(_FILTER.findall(request.params.get("numericFilters", "")))
        first = bisect.bisect_right(self._order, -int(limits["<"])) if "<" in limits else 0
        last = bisect.bisect_right(self._order, -int(limits[">="])) if ">=" in limits else len(self.hits)
        return self.hits[first:last]

    def _search(self, request: Request, *, empty: bool = False, shuffled: bool = False, garbage: bool = False) -> Reply:
        found = [] if empty else [hit for hit in self._found(request) if hit["objectID"] not in self.deleted]
        if self.stalled_at:
            found = [hit for hit in found if hit["created_at_i"] < self.stalled_at.timestamp()]
        size = min(int(request.params.get("hitsPerPage", 20)), _HITS)
        page = found[:size]
        if shuffled:
            page = self.random.sample(page, len(page))
        if garbage:
            page = [*page, {"objectID": None, "_tags": ["story"]}]
        self._last = reply = Reply(
            {
                "hits": page,
                "nbHits": len(found),
                "page": 0,
                "nbPages": -(-len(found) // (size or 1)),
                "hitsPerPage": size,
            }
        )
        return reply

    def faulty(self, fault: str, request: Request) -> Reply:
        if fault == "rate_limit":
            return Reply(
                {"message": "Too many requests"}, status=429, headers={"retry-after": str(self.rate_limit_seconds)}
            )
        if fault == "rate_limit_unsaid":
            return Reply({"message": "Too many requests"}, status=429)
        if fault in {"expired_token", "revoked"}:
            return Reply({"message": "Forbidden"}, status=403)
        if fault == "repeated_page":
            return getattr(self, "_last", self._search(request))
        return self._search(
            request, empty=fault == "empty_page", shuffled=fault == "out_of_order", garbage=fault == "malformed_post"
        )
