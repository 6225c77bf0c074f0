"""A Bluesky PDS: sessions, search, look-up of posts. Wire format as in docs.bsky.app."""

from __future__ import annotations

import base64
import bisect
import datetime as dt
import json
from typing import Any

from tests.servers.core import Platform, Reply, Request, iso, spread
from tests.servers.words import post_text

_RESULTS = 10_000


class Bluesky(Platform):
    """A search ends after 10,000 results, as the real one."""

    name = "bluesky"

    def __init__(
        self,
        *,
        count: int = 300,
        start: dt.datetime,
        end: dt.datetime,
        account: tuple[str, str] = ("tester.bsky.social", "bsky-test-pass-0123"),
    ) -> None:
        super().__init__()
        self.account = account
        self.valid: set[str] = set()
        self.given = 0
        self.session_lasts = dt.timedelta(days=2)
        self.deleted: set[str] = set()
        self.posts: list[dict[str, Any]] = []
        self._order: list[float] = []
        for number, moment in enumerate(spread(count, start=start, end=end, seed=13)):
            self.posts.append(self.post(number, moment))
            self._order.append(-moment.timestamp())

    def post(self, number: int, moment: dt.datetime, **record: Any) -> dict[str, Any]:
        """A post view."""
        did = f"did:plc:author{number % 700:04d}"
        uri = f"at://{did}/app.bsky.feed.post/3k{number:011d}"
        return {
            "uri": uri,
            "cid": f"bafy{number}",
            "author": {"did": did, "handle": f"author{number % 700}.bsky.social"},
            "record": {
                "$type": "app.bsky.feed.post",
                "text": post_text(number),
                "createdAt": iso(moment),
                "langs": ["en"],
                **record,
            },
            "likeCount": number % 30,
            "replyCount": number % 4,
            "repostCount": number % 6,
            "indexedAt": iso(moment),
            "labels": [],
        }

    def keys(self) -> set[str]:
        """What a collector should have stored."""
        return {post["uri"] for post in self.posts}

    def newest(self) -> tuple[dict[str, Any], str]:
        """A post in the platform's own form, to be spoilt, and the key of its text."""
        return self.posts[0]["record"], "text"

    def answer(self, request: Request) -> Reply:
        method = request.path.removeprefix("/xrpc/")
        if method == "com.atproto.server.createSession":
            said = json.loads(request.body)
            if (said["identifier"], said["password"]) != self.account:
                return Reply(
                    {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, status=401
                )
            self.log_ins += 1
            return self._session()
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.valid:
            return Reply({"error": "ExpiredToken", "message": "Token has expired"}, status=400)
        if method == "com.atproto.server.refreshSession":
            return self._session()
        if method == "app.bsky.feed.getPosts":
            asked = [value for name, value in request.items if name == "uris"]
            known = {post["uri"]: post for post in self.posts if post["uri"] not in self.deleted}
            return Reply({"posts": [known[uri] for uri in asked if uri in known]})
        return self._search(request)

    def is_for_posts(self, request: Request) -> bool:
        return request.path.endswith("searchPosts")

    def _session(self) -> Reply:
        self.given += 1
        until = int((dt.datetime.now(dt.UTC) + self.session_lasts).timestamp())  # the client looks at the real clock
        tokens = [
            _jwt({"sub": "did:plc:tester", "exp": until, "jti": f"{kind}-{self.given}"})
            for kind in ("access", "refresh")
        ]
        self.valid.update(tokens)
        return Reply(
            {
                "accessJwt": tokens[0],
                "refreshJwt": tokens[1],
                "handle": self.account[0],
                "did": "did:plc:tester",
                "active": True,
            }
        )

    def _search(
        self, request: Request, *, back: int = 0, empty: bool = False, shuffled: bool = False, garbage: bool = False
    ) -> Reply:
        size, first = int(request.params.get("limit", 25)), int(request.params.get("cursor") or 0)
        newest = (
            bisect.bisect_right(self._order, -_seconds(request.params["until"])) if "until" in request.params else 0
        )
        oldest = (
            bisect.bisect_right(self._order, -_seconds(request.params["since"]))
            if "since" in request.params
            else len(self.posts)
        )
        found = self.posts[newest:oldest][:_RESULTS]
        first = max(first - size, 0) if back else first
        page = found[first : first + size]
        cursor = {"cursor": str(first + size)} if first + size < len(found) else {}
        if empty:
            page, cursor = [], {"cursor": request.params["cursor"]} if request.params.get("cursor") else {}
        if shuffled:
            self.random.shuffle(page)
        if garbage:
            page = [*page, {"uri": "at://broken", "record": {}}]
        return Reply({"posts": page, **cursor}, headers={"ratelimit-remaining": "2999"})

    def faulty(self, fault: str, request: Request) -> Reply:
        if fault == "rate_limit":
            reset = int(self.now().timestamp()) + self.rate_limit_seconds
            return Reply(
                {"error": "RateLimitExceeded", "message": "slow down"},
                status=429,
                headers={"ratelimit-reset": str(reset)},
            )
        if fault == "rate_limit_unsaid":
            return Reply({"error": "RateLimitExceeded", "message": "slow down"}, status=429)
        if fault == "expired_token":
            self.valid.clear()
            return Reply({"error": "ExpiredToken", "message": "Token has expired"}, status=400)
        if fault == "revoked":
            return Reply({"error": "AccountTakedown", "message": "Account has been taken down"}, status=403)
        return self._search(
            request,
            back=fault == "repeated_page",
            empty=fault == "empty_page",
            shuffled=fault == "out_of_order",
            garbage=fault == "malformed_post",
        )


def _seconds(stamp: str) -> float:
    return dt.datetime.fromisoformat(stamp).timestamp()


def _jwt(payload: dict[str, Any]) -> str:
    parts = ({"alg": "ES256K", "typ": "at+jwt"}, payload)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJlLW9mLXRoZS10ZXN0LXNlcnZlcg"])
