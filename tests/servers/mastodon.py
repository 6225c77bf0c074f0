"""A Mastodon instance: hashtag timelines by min_id. Wire format as in docs.joinmastodon.org."""

from __future__ import annotations

import bisect
import datetime as dt
from typing import Any

from tests.servers.core import Platform, Reply, Request, iso, spread
from tests.servers.words import post_text


class Mastodon(Platform):
    """Every tag has every post."""

    name = "mastodon"

    def __init__(
        self,
        *,
        count: int = 200,
        start: dt.datetime,
        end: dt.datetime,
        token: str = "mastodon-test-token-0123456789",
        open_to_all: bool = True,
    ) -> None:
        super().__init__()
        self.token, self.open_to_all = token, open_to_all
        self.gone: set[str] = set()
        self.base = "https://mastodon.test"
        self.statuses: list[dict[str, Any]] = []
        self._ids: list[int] = []
        for number, moment in enumerate(reversed(spread(count, start=start, end=end, seed=17))):
            self.add(number, moment)

    def add(self, number: int, moment: dt.datetime, **fields: Any) -> dict[str, Any]:
        """A status; ids grow with time."""
        own_id = (int(moment.timestamp() * 1000) << 16) + number % 65_536
        status = {
            "id": str(own_id),
            "created_at": iso(moment),
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": "en",
            "uri": f"{self.base}/users/user{number % 300}/statuses/{own_id}",
            "url": f"{self.base}/@user{number % 300}/{own_id}",
            "replies_count": number % 3,
            "reblogs_count": number % 5,
            "favourites_count": number % 20,
            "content": f"<p>{post_text(number)}</p>",
            "reblog": None,
            "account": {
                "id": str(number % 300),
                "username": f"user{number % 300}",
                "acct": f"user{number % 300}",
                "url": f"{self.base}/@user",
            },
            "media_attachments": [],
            "mentions": [],
            "tags": [{"name": "layoffs", "url": f"{self.base}/tags/layoffs"}],
            "emojis": [],
            "card": None,
            "poll": None,
            **fields,
        }
        at = bisect.bisect_left(self._ids, own_id)
        self._ids.insert(at, own_id)
        self.statuses.insert(at, status)
        return status

    def move(self, base: str) -> None:
        """Give the statuses addresses at which they can be looked up."""
        for status in self.statuses:
            status["uri"] = status["uri"].replace(self.base, base, 1)
        self.base = base

    def keys(self) -> set[str]:
        """What should be stored: addresses without the author's name."""
        return {self.nameless(status["uri"]) for status in self.statuses if status["reblog"] is None}

    def newest(self) -> tuple[dict[str, Any], str]:
        """A post in the platform's own form, to be spoilt, and the key of its text."""
        return self.statuses[0], "content"

    @staticmethod
    def nameless(uri: str) -> str:
        server, _, rest = uri.partition("/users/")
        return f"{server}/api/v1/statuses/{rest.rpartition('/')[2]}"

    def answer(self, request: Request) -> Reply:
        if request.path == "/api/v2/instance":
            access = {"local": "public", "remote": "public"}
            limits = {
                "timelines_access": {"live_feeds": access, "hashtag_feeds": access, "trending_link_feeds": access}
            }
            return Reply({"domain": "mastodon.test", "version": "4.5.0", "configuration": limits})
        if request.path.startswith("/api/v1/statuses/"):
            return self._status(f"{self.base}{request.path}")
        if request.headers.get("authorization") != f"Bearer {self.token}" and not self.open_to_all:
            return Reply({"error": "This method requires an authenticated user"}, status=401)
        return self._timeline(request)

    def _status(self, address: str) -> Reply:
        if address in map(self.nameless, self.gone):
            return Reply({"error": "Gone"}, status=410)
        found = [status for status in self.statuses if self.nameless(status["uri"]) == address]
        return Reply(found[0]) if found else Reply({"error": "Record not found"}, status=404)

    def is_for_posts(self, request: Request) -> bool:
        return request.path.startswith("/api/v1/timelines/tag/")

    def _timeline(
        self, request: Request, *, back: int = 0, empty: bool = False, shuffled: bool = False, garbage: bool = False
    ) -> Reply:
        size = min(int(request.params.get("limit", 20)), 40)
        if "min_id" in request.params:
            first = bisect.bisect_right(self._ids, int(request.params["min_id"]))
        else:
            first = max(len(self.statuses) - size, 0)
        first = max(first - size, 0) if back else first
        page = [] if empty else self.statuses[first : first + size][::-1]
        if shuffled:
            self.random.shuffle(page)
        if garbage:
            page = [*page, {"id": None, "content": 5}]
        headers = {
            "X-RateLimit-Remaining": "299",
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Reset": iso(self.now() + dt.timedelta(minutes=5)),
        }
        return Reply(page, headers=headers)

    def faulty(self, fault: str, request: Request) -> Reply:
        if fault == "rate_limit":
            reset = iso(self.now() + dt.timedelta(seconds=self.rate_limit_seconds))
            return Reply({"error": "Too many requests"}, status=429, headers={"X-RateLimit-Reset": reset})
        if fault == "rate_limit_unsaid":
            return Reply({"error": "Too many requests"}, status=429)
        if fault == "expired_token":
            return Reply({"error": "The access token expired"}, status=401)
        if fault == "revoked":
            return Reply({"error": "The access token was revoked"}, status=403)
        return self._timeline(
            request,
            back=fault == "repeated_page",
            empty=fault == "empty_page",
            shuffled=fault == "out_of_order",
            garbage=fault == "malformed_post",
        )
