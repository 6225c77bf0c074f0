"""The PDF file: pages, language, title and bookmarks, the same bytes for the same data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matplotlib.backends.backend_pdf import PdfPages

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from matplotlib.figure import Figure

_PAGE = re.compile(rb"/Kids \[ ([^\]]*) \]")


def write_pdf(path: Path, pages: Iterable[tuple[str, Figure]], *, title: str, subject: str) -> None:
    """Write pages with a bookmark each. Dates and versions are left out: the bytes follow from the data alone."""
    metadata = {"Title": title, "Subject": subject, "Creator": None, "Producer": None, "CreationDate": None}
    bookmarks = []
    with PdfPages(path, metadata=metadata) as pdf:
        for bookmark, figure in pages:
            pdf.savefig(figure)
            bookmarks.append(bookmark)
    with path.open("ab") as file:
        file.write(_update(path.read_bytes(), bookmarks))


def _update(written: bytes, bookmarks: list[str]) -> bytes:
    """An incremental update with a catalog that names language and bookmarks, which matplotlib (3.11) can't write."""
    trailer = written[written.rindex(b"trailer") :]
    size, root, start = (
        int(_found(pattern, trailer)) for pattern in (rb"/Size (\d+)", rb"/Root (\d+)", rb"startxref\s+(\d+)")
    )
    info = _found(rb"/Info (\d+)", trailer).decode()
    pages_ref = _found(rb"/Pages (\d+)", written).decode()
    kids = re.findall(rb"(\d+) 0 R", _found(_PAGE.pattern, written))
    outline, first = size, size + 1
    objects = {
        root: f"<< /Type /Catalog /Pages {pages_ref} 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >> "
        f"/PageMode /UseOutlines /Outlines {outline} 0 R >>",
        outline: f"<< /Type /Outlines /First {first} 0 R /Last {first + len(bookmarks) - 1} 0 R /Count {len(bookmarks)} >>",
    }
    for number, bookmark in enumerate(bookmarks):
        before = f" /Prev {first + number - 1} 0 R" if number else ""
        after = f" /Next {first + number + 1} 0 R" if number + 1 < len(bookmarks) else ""
        title = ("\ufeff" + bookmark).encode("utf-16-be").hex()
        objects[first + number] = (
            f"<< /Title <{title}> /Parent {outline} 0 R /Dest [{kids[number].decode()} 0 R /Fit]{before}{after} >>"
        )
    out, offsets = b"", {}
    for number, body in objects.items():
        offsets[number] = len(written) + len(out)
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("ascii")
    xref = len(written) + len(out)
    out += b"xref\n" + b"".join(f"{n} 1\n{offset:010d} 00000 n \n".encode() for n, offset in sorted(offsets.items()))
    out += f"trailer\n<< /Size {first + len(bookmarks)} /Root {root} 0 R /Info {info} 0 R /Prev {start} >>\nstartxref\n{xref}\n%%EOF\n".encode()
    return out


def _found(pattern: bytes, text: bytes) -> bytes:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"matplotlib wrote a PDF without {pattern!r}; this version of it is not known to work")
    return match[1]
