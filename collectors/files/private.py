"""Private messages: they are nobody's posts, so a table of them is refused by its columns, whatever its name and platform.

In JSON the column that tells may come with the last row alone, so a file is looked through to its end before any of it is stored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.batches import ROW
from collectors.files.columns import plain_name, plain_names
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from collectors.files.batches import Batch
    from collectors.files.streams import Stream
    from collectors.files.units import Unit

#: At any depth of a record: who got it, or what platforms call a message that is not public.
_MARKS = re.compile(r"recipient|receiver|dmconversation|dmevent|directmessage|messagecreate")
_SENDERS = frozenset(
    {"from", "sender", "senderid", "sendername", "senderprofileurl", "senderscreenname", "senderusername"}
)
#: Beside a sender these tell a message; a public post has an author, who speaks to all.
_TALKS = frozenset({"to", "dest", "conversationid", "conversationtitle", "conversationtype", "chatid", "threadpath"})
#: Whole tables that say it: Reddit's chat_history and its API's inbox, mail, and the messages of Facebook's and Instagram's exports.
_TABLES = tuple(
    frozenset(table.split())
    for table in (
        "channelurl conversationtype",
        "dest subject",
        "from subject",
        "sendername timestamp",
        "sendername timestampms",
    )
)


class PrivateMessagesError(InputError):
    """A table holds private messages."""


def public_batches(unit: Unit, read: Callable[[Unit, Stream], Iterator[Batch]]) -> Iterator[tuple[Batch, int]]:
    """A file's batches, each with the packed bytes read so far; the first comes when all were seen to be public.

    Args:
        unit: the file. It is read twice, unless it fits into one batch.
        read: gives its batches.

    Raises:
        PrivateMessagesError: it holds private messages. Then no batch has come: none of its rows may be stored or set apart.
        InputError: as `read` raises it, behind what comes before the damage.
    """
    with unit.open() as stream:
        batches = _public(read(unit, stream), name=unit.name)
        first = next(batches)
        try:
            more = sum(1 for _ in batches) > 0
        except PrivateMessagesError:
            raise
        except InputError:
            more = True  # it comes again below, behind the sound rows
        if not more:
            yield first, stream.packed_bytes
            return
    del first
    with unit.open() as stream:
        for batch in _public(read(unit, stream), name=unit.name):  # again, as somebody may be writing into it
            yield batch, stream.packed_bytes


def _public(batches: Iterable[Batch], *, name: str) -> Iterator[Batch]:
    """Columns count from the start of the file on: where it is cut into batches must not decide."""
    plain: frozenset[str] = frozenset()
    for batch in batches:
        plain |= plain_names(column for column in (*batch.frame.columns, *batch.unread) if column != ROW)
        if _tell(plain) or _is_chat(batch.frame):
            raise private(name)
        yield batch


def _tell(plain: frozenset[str]) -> bool:
    outermost = frozenset(column.partition(".")[0] for column in plain)
    marked = any(_MARKS.match(part) for column in plain for part in column.split("."))
    sent = not outermost.isdisjoint(_SENDERS) and not outermost.isdisjoint(_TALKS)
    return marked or sent or any(table <= outermost for table in _TABLES)


def _is_chat(frame: pl.DataFrame) -> bool:
    """Whether rows are a Telegram chat's: a user's messages, where a channel's posts are from the channel."""
    by_name = {plain_name(column): pl.col(column) for column in frame.columns if column != ROW}
    if not {"fromid", "type"} <= by_name.keys():
        return False
    message = (by_name["type"] == "message") & by_name["fromid"].str.contains(r"^user\d+$")
    return bool(frame.select(message.any()).item())


def private(name: str) -> PrivateMessagesError:
    """The refusal of a file that holds private messages."""
    return PrivateMessagesError(
        f"{name} holds private messages (it says who sent them and to whom); nothing of it is stored. Take the file away. "
        "If these are public posts, leave the columns that name a recipient or a conversation out of the file."
    )
