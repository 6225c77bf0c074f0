"""Which posts are trained on and which are held out: by hashes, so the same on every machine and for every later file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.corpora import Example

#: Share of annotated posts, in percent, set aside by a hash of their thread (else author, else id).
DEV_PERCENT, TEST_PERCENT = 8, 14
#: Parts of the training posts; a teacher leaves one out and labels that one.
FOLDS = 5


def group_of(row: dict[str, Any]) -> str:
    """What keeps an annotated post and its like on one side of a split: its thread, else author, else id."""
    return str(row.get("thread") or row.get("author") or row["id"])


def split_of(group: str) -> str:
    """`train`, `dev` or `test` for a group key: the same on every machine and for every later file."""
    bucket = int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % 100
    if bucket < DEV_PERCENT:
        return "dev"
    return "test" if bucket < DEV_PERCENT + TEST_PERCENT else "train"


def fold_of(example: Example) -> int:
    """Which of the `FOLDS` parts of the training posts an example belongs to: whole threads and authors fall into one."""
    key = "fold " + (example.group or example.text)
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % FOLDS


def text_key(text: str) -> str:
    """A text without names, links, case and signs: equal for two copies of one post."""
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    return " ".join(word for word in words if word not in ("user", "http", "https", "co", "t"))
