"""Private messages: they are nobody's posts, so a table of them is refused by its columns, whatever its name and platform."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.batches import ROW
from collectors.files.columns import plain_name, plain_names
from store import InputError

if TYPE_CHECKING:
    from collectors.files.batches import Batch

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


def refuse_private(batch: Batch, *, name: str) -> None:
    """Raises InputError where a table holds private messages. None of its rows may be stored or set apart."""
    plain = plain_names(column for column in (*batch.frame.columns, *batch.unread) if column != ROW)
    outermost = frozenset(column.partition(".")[0] for column in plain)
    marked = any(_MARKS.match(part) for column in plain for part in column.split("."))
    sent = not outermost.isdisjoint(_SENDERS) and not outermost.isdisjoint(_TALKS)
    if marked or sent or _is_chat(batch.frame) or any(table <= outermost for table in _TABLES):
        raise private(name)


def _is_chat(frame: pl.DataFrame) -> bool:
    """Whether rows are a Telegram chat's: a user's messages, where a channel's posts are from the channel."""
    by_name = {plain_name(column): pl.col(column) for column in frame.columns if column != ROW}
    if not {"fromid", "type"} <= by_name.keys():
        return False
    message = (by_name["type"] == "message") & by_name["fromid"].str.contains(r"^user\d+$")
    return bool(frame.select(message.any()).item())


def private(name: str) -> InputError:
    """The refusal of a file that holds private messages."""
    return InputError(
        f"{name} holds private messages (it says who sent them and to whom); nothing of it is stored. Take the file away. "
        "If these are public posts, leave the columns that name a recipient or a conversation out of the file."
    )
