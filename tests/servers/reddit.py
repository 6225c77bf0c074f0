"""Reddit's OAuth API: token, listings of a subreddit, search, comments of a thread, look-up. Wire format as on reddit.com/dev/api."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.servers.core import Platform, Reply, Request, spread
from tests.servers.words import post_text

if TYPE_CHECKING:
    import datetime as dt

_LISTING = 1_000


def base36(number: int) -> str:
    """Reddit's way to write ids."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text or "0"


class Reddit(Platform):
    """Subreddits with posts and comments. A listing ends after 1,000 items, as the real one."""

    name = "reddit"

    def __init__(
        self,
        *,
        subreddits: tuple[str, ...] = ("Layoffs",),
        posts_each: int = 120,
        comments_each: int = 120,
        start: dt.datetime,
        end: dt.datetime,
        client: tuple[str, str] = ("reddit-test-id-01", "reddit-test-secret-0123456789"),
    ) -> None:
        super().__init__()
        self.client = client
        self.tokens: set[str] = set()
        self.given = 0
        self.items: dict[str, list[dict[str, Any]]] = {}
        """By listing: new:NAME, comments:NAME, search."""
        self.threads: dict[str, list[dict[str, Any]]] = {}
        self.by_name: dict[str, dict[str, Any]] = {}
        number = 100_000
        for name in subreddits:
            moments = spread(posts_each, start=start, end=end, seed=len(name))
            self.items[f"new:{name}"] = [self.post(number + at, moment, name) for at, moment in enumerate(moments)]
            number += posts_each
            parents = self.items[f"new:{name}"]
            moments = spread(comments_each, start=start, end=end, seed=len(name) + 1)
            self.items[f"comments:{name}"] = [
                self.comment(number + at, moment, name, parents[at % len(parents)]["data"]["id"] if parents else "zz")
                for at, moment in enumerate(moments)
            ]
            number += comments_each
        self.items["search"] = []

    def post(self, number: int, moment: dt.datetime, subreddit: str, **fields: Any) -> dict[str, Any]:
        """A submission."""
        own_id = base36(number)
        text = post_text(number)
        data = {
            "id": own_id,
            "name": f"t3_{own_id}",
            "created_utc": float(int(moment.timestamp())),
            "title": text.split(".")[0][:100],
            "selftext": text,
            "author": f"user_{number % 900}",
            "subreddit": subreddit,
            "permalink": f"/r/{subreddit}/comments/{own_id}/title/",
            "score": number % 90,
            "num_comments": number % 5,
            "removed_by_category": None,
            **fields,
        }
        self.by_name[f"t3_{own_id}"] = thing = {"kind": "t3", "data": data}
        return thing

    def comment(self, number: int, moment: dt.datetime, subreddit: str, thread: str, **fields: Any) -> dict[str, Any]:
        """A comment on a submission."""
        own_id = base36(number)
        data = {
            "id": own_id,
            "name": f"t1_{own_id}",
            "created_utc": float(int(moment.timestamp())),
            "body": post_text(number),
            "author": f"user_{number % 900}",
            "subreddit": subreddit,
            "link_id": f"t3_{thread}",
            "parent_id": f"t3_{thread}",
            "permalink": f"/r/{subreddit}/comments/{thread}/title/{own_id}/",
            "score": number % 40,
            **fields,
        }
        self.by_name[f"t1_{own_id}"] = thing = {"kind": "t1", "data": data}
        return thing

    def keys(self) -> set[str]:
        """What a collector should have stored."""
        shown = [item for items in self.items.values() for item in items[:_LISTING]]
        shown += [item for items in self.threads.values() for item in items]
        return {
            item["data"]["id"]
            for item in shown
            if item["kind"] != "more"
            and item["data"].get("selftext", item["data"].get("body")) not in {"[deleted]", "[removed]"}
        }

    def newest(self) -> tuple[dict[str, Any], str]:
        """A post in the platform's own form, to be spoilt, and the key of its text."""
        return next(items for items in self.items.values() if items)[0]["data"], "selftext"

    def answer(self, request: Request) -> Reply:
        if request.path == "/api/v1/access_token":
            return self._token(request)
        if request.headers.get("authorization", "").removeprefix("bearer ") not in self.tokens:
            return _expired()
        if request.path == "/api/info/":
            known = [self.by_name[name] for name in request.params["id"].split(",") if name in self.by_name]
            return _listing(known, None)
        return self._listed(request)

    def is_for_posts(self, request: Request) -> bool:
        return request.path.startswith(("/r/", "/comments/"))

    def _token(self, request: Request) -> Reply:
        expected = "Basic " + base64.b64encode(":".join(self.client).encode()).decode()
        if request.headers.get("authorization") != expected:
            return Reply({"message": "Unauthorized", "error": 401}, status=401)
        self.log_ins += 1
        self.given += 1
        token = f"reddit-access-token-{self.given:012d}"
        self.tokens.add(token)
        return Reply({"access_token": token, "token_type": "bearer", "expires_in": 86400, "scope": "*"})

    def _listed(
        self, request: Request, *, back: int = 0, empty: bool = False, shuffled: bool = False, garbage: bool = False
    ) -> Reply:
        if request.path.startswith("/comments/"):
            thread = request.path.split("/")[2]
            found = [] if empty else list(self.threads.get(thread, []))
            if shuffled:
                self.random.shuffle(found)
            if garbage:
                found.append({"kind": "t1", "data": {"id": None}})
            head = self.by_name.get(f"t3_{thread}")
            return Reply([_data([head] if head else [], None), _data(found, None)])
        listing = request.path.strip("/").split("/")
        key = "search" if listing[-1] == "search" else f"{listing[2]}:{listing[1]}"
        if key not in self.items:
            return Reply({"message": "Forbidden", "error": 403, "reason": "private"}, status=403)
        items = self.items[key][:_LISTING]
        size = min(int(request.params.get("limit", 25)), 100)
        after = request.params.get("after")
        names = [item["data"]["name"] for item in items]
        if (
            after and after not in names
        ):  # removed since, or pushed past the last item: Reddit shows nothing and says no more
            return _listing([], None)
        first = names.index(after) + 1 if after else 0
        if back:
            first = max(first - size, 0)
        page = items[first : first + size]
        last = page[-1]["data"]["name"] if page and first + size < len(items) else None
        if empty:
            return _listing([], after)
        if shuffled:
            self.random.shuffle(page)
        if garbage:
            page = [*page, {"kind": "t3", "data": {"id": None}}]
        return _listing(page, last)

    def faulty(self, fault: str, request: Request) -> Reply:
        if fault == "rate_limit":
            return Reply(
                {"message": "Too Many Requests", "error": 429},
                status=429,
                headers={"retry-after": str(self.rate_limit_seconds)},
            )
        if fault == "rate_limit_unsaid":
            return Reply({"message": "Too Many Requests", "error": 429}, status=429)
        if fault == "expired_token":
            self.tokens.clear()
            return _expired()
        if fault == "revoked":
            return Reply({"message": "Forbidden", "error": 403}, status=403)
        return self._listed(
            request,
            back=fault == "repeated_page",
            empty=fault == "empty_page",
            shuffled=fault == "out_of_order",
            garbage=fault == "malformed_post",
        )


def _expired() -> Reply:
    return Reply(
        {"message": "Unauthorized", "error": 401},
        status=401,
        headers={"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'},
    )


def _data(items: list[Any], after: str | None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": after, "before": None, "dist": len(items), "children": items}}


def _listing(items: list[Any], after: str | None) -> Reply:
    headers = {"x-ratelimit-remaining": "95.0", "x-ratelimit-used": "5", "x-ratelimit-reset": "300"}
    return Reply(_data(items, after), headers=headers)
