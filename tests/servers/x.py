"""X API v2: recent and full-archive search, look-up of posts, usage. Wire format as in docs.x.com."""

from __future__ import annotations

import bisect
import datetime as dt
from typing import Any

from tests.servers.core import Platform, Reply, Request, iso, spread
from tests.servers.words import post_text

_EPOCH_MS = 1288834974657  # of X's ids


class X(Platform):
    """Answers any query with all its posts in the window; queries are not matched."""

    name = "x"

    def __init__(
        self,
        *,
        count: int = 300,
        start: dt.datetime,
        end: dt.datetime,
        token: str = "x-test-token-0123456789",
        reach_days: float = 7,
    ) -> None:
        super().__init__()
        self.token, self.reach = token, dt.timedelta(days=reach_days)
        self.posts: list[dict[str, Any]] = []
        self._order: list[float] = []  # seconds since 1970, negated: the newest first
        self.deleted: set[str] = set()
        for number, moment in enumerate(spread(count, start=start, end=end, seed=11)):
            self.add(moment, number)
        self.garbage = 0

    def add(self, moment: dt.datetime, number: int, **fields: Any) -> dict[str, Any]:
        """A post; in the right place, the newest first."""
        own_id = str((int(moment.timestamp() * 1000) - _EPOCH_MS << 22) + number % 4_000_000)
        post = {
            "id": own_id,
            "text": post_text(number)[:280],
            "created_at": iso(moment),
            "author_id": str(1000 + number % 5000),
            "conversation_id": own_id,
            "edit_history_tweet_ids": [own_id],
            "lang": "en",
            "public_metrics": {
                "retweet_count": number % 7,
                "reply_count": number % 3,
                "like_count": number % 50,
                "quote_count": 1,
            },
            **fields,
        }
        at = bisect.bisect_left(self._order, -moment.timestamp())
        self.posts.insert(at, post)
        self._order.insert(at, -moment.timestamp())
        return post

    def keys(self) -> set[str]:
        """What a collector should have stored."""
        return {
            post["edit_history_tweet_ids"][0]
            for post in self.posts
            if not any(ref["type"] == "retweeted" for ref in post.get("referenced_tweets", ()))
        }

    def newest(self) -> tuple[dict[str, Any], str]:
        """A post in the platform's own form, to be spoilt, and the key of its text."""
        return self.posts[0], "text"

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(
                {
                    "title": "Unauthorized",
                    "detail": f"Unauthorized: {request.headers.get('authorization')}",
                    "status": 401,
                },
                status=401,
            )
        if request.path == "/2/usage/tweets":
            return Reply({"data": {"project_usage": "1234", "project_cap": "3000000"}})
        if request.path == "/2/tweets":
            return self._look_up(request.params["ids"].split(","))
        if request.path in {"/2/tweets/search/recent", "/2/tweets/search/all"}:
            return self._search(request)
        return Reply({"title": "Not Found Error"}, status=404)

    def is_for_posts(self, request: Request) -> bool:
        return request.path.startswith("/2/tweets/search")

    def _search(
        self,
        request: Request,
        *,
        at: int | None = None,
        empty: bool = False,
        shuffled: bool = False,
        garbage: bool = False,
    ) -> Reply:
        params = request.params
        if complaint := self._complaint(request):
            return Reply(
                {"errors": [{"message": complaint}], "title": "Invalid Request", "detail": complaint}, status=400
            )
        size = int(params.get("max_results", 10))
        start = dt.datetime.fromisoformat(params["start_time"]) if "start_time" in params else None
        end = dt.datetime.fromisoformat(params["end_time"]) if "end_time" in params else None
        token = params.get("next_token")
        first = int(token[1:]) if token else 0
        first = at if at is not None else first
        last = len(self.posts)
        if start:
            last = bisect.bisect_right(self._order, -start.timestamp())
        if end and not token:
            first = bisect.bisect_left(self._order, -end.timestamp())
        chosen = [] if empty else self.posts[first : min(first + size, last)]
        onward = first + len(chosen)
        meta: dict[str, Any] = {"result_count": len(chosen)}
        if onward < last:
            meta["next_token"] = f"p{onward}"
        if chosen:
            meta |= {"newest_id": chosen[0]["id"], "oldest_id": chosen[-1]["id"]}
        if shuffled:
            self.random.shuffle(chosen)
        if garbage:
            self.garbage += 1
            chosen = [*chosen, {"id": None, "text": 5}]
        return Reply(({"data": chosen} if chosen else {}) | {"meta": meta}, headers={"x-rate-limit-remaining": "449"})

    def _complaint(self, request: Request) -> str | None:
        params = request.params
        recent = request.path.endswith("recent")
        longest, largest = (512, 100) if recent else (1024, 500)
        if len(params["query"]) > longest or not 10 <= int(params.get("max_results", 10)) <= largest:
            return f"query must be at most {longest} characters and max_results from 10 to {largest}"
        if (
            recent
            and "start_time" in params
            and dt.datetime.fromisoformat(params["start_time"]) < self.now() - self.reach
        ):
            return "Invalid 'start_time'. 'start_time' must be on or after 7 days ago"
        if "end_time" in params and dt.datetime.fromisoformat(params["end_time"]) > self.now() - dt.timedelta(
            seconds=10
        ):
            return "Invalid 'end_time'. 'end_time' must be a minimum of 10 seconds prior to the request time"
        return None if params.get("next_token", "p").startswith("p") else "Invalid 'next_token'"

    def faulty(self, fault: str, request: Request) -> Reply:
        token = request.params.get("next_token")
        at = int(token[1:]) if token else 0
        size = int(request.params.get("max_results", 10))
        reset = str(int(self.now().timestamp()) + self.rate_limit_seconds)
        refusals = {
            "rate_limit": Reply({"title": "Too Many Requests"}, status=429, headers={"x-rate-limit-reset": reset}),
            "rate_limit_unsaid": Reply({"title": "UsageCapExceeded"}, status=429),
            "expired_token": Reply({"title": "Unauthorized", "status": 401}, status=401),
            "revoked": Reply({"title": "Forbidden", "detail": "client-not-enrolled"}, status=403),
        }
        if fault in refusals:
            return refusals[fault]
        if fault == "malformed_post":
            return self._search(request, garbage=True)
        if fault == "empty_page":
            return self._search(request, empty=True)
        if fault == "repeated_page":
            return self._search(request, at=max(at - size, 0))
        return self._search(request, shuffled=True)

    def _look_up(self, ids: list[str]) -> Reply:
        by_id = {post["id"]: post for post in self.posts}
        known = [by_id[one] for one in ids if one in by_id and one not in self.deleted]
        errors = [
            {
                "resource_id": one,
                "title": "Not Found Error",
                "type": "https://api.twitter.com/2/problems/resource-not-found",
            }
            for one in ids
            if one not in by_id or one in self.deleted
        ]
        return Reply(({"data": known} if known else {}) | ({"errors": errors} if errors else {}))
