"""Private messages: they are nobody's posts, so a table of them is refused by its columns, whatever its name and platform."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.files.batches import ROW
from collectors.files.columns import plain_names
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: At any depth of a record: who got it, or what platforms call a message that is not public.
_MARKS = re.compile(r"recipient|receiver|dmconversation|dmevent|directmessage|messagecreate")
_SENDERS = frozenset(
    {"from", "sender", "senderid", "sendername", "senderprofileurl", "senderscreenname", "senderusername"}
)
#: Beside a sender these tell a message; a public post has an author, who speaks to all.
_TALKS = frozenset({"to", "dest", "conversationid", "conversationtitle", "conversationtype", "chatid", "threadpath"})
#: Whole tables that say it without a sender: Reddit's chat_history and its API's inbox.
_TABLES = (frozenset({"channelurl", "conversationtype"}), frozenset({"dest", "subject"}))


def refuse_private(columns: Sequence[str], *, name: str) -> None:
    """Raises InputError where a table with these columns holds private messages. None of its rows may be stored or set apart."""
    plain = plain_names(column for column in columns if column != ROW)
    outermost = frozenset(column.partition(".")[0] for column in plain)
    marked = any(_MARKS.match(part) for column in plain for part in column.split("."))
    sent = not outermost.isdisjoint(_SENDERS) and not outermost.isdisjoint(_TALKS)
    if marked or sent or any(table <= outermost for table in _TABLES):
        raise private(name)


def private(name: str) -> InputError:
    """The refusal of a file that holds private messages."""
    return InputError(
        f"{name} holds private messages (it says who sent them and to whom); nothing of it is stored. Take the file away. "
        "If these are public posts, leave the columns that name a recipient or a conversation out of the file."
    )
