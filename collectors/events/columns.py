"""What the columns of announcement lists mean: layoffs.fyi-style tables, and WARN notices, which each state names its own way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.files.columns import is_known, named
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What we need → names it goes by, in letters and digits alone.
ALIASES: dict[str, tuple[str, ...]] = {
    "company": (
        "company", "companyname", "employer", "employername", "business", "businessname", "organization", "organizationname",
        "nameofcompany", "nameofemployer", "firm", "jobsitename",
    ),
    "date": ("date", "announced", "dateannounced", "announceddate", "announcedon", "announcementdate", "reporteddate"),
    "notice_date": (
        "noticedate", "warndate", "warnnoticedate", "dateofnotice", "datenoticereceived", "noticereceived", "noticereceiveddate",
        "receiveddate", "datereceived", "dateofwarnnotice", "statenotificationdate", "notificationdate", "initialreportdate",
        "datewarnreceived", "warnreceiveddate", "datereported",
    ),
    "effective_date": (
        "effectivedate", "dateeffective", "layoffdate", "layoffsdate", "layoffstartdate", "separationdate", "closingdate",
        "closuredate", "dateoflayoff", "impactdate", "datelayoffbegins", "plannedstartingdate", "layoffbeginningdate", "ldate",
    ),
    "jobs": (
        "jobs", "totallaidoff", "numlaidoff", "laidoff", "numberlaidoff", "numberaffected", "noaffected", "affected",
        "numberofworkers", "numberofworkersaffected", "workersaffected", "affectedworkers", "numberofemployees",
        "numberofemployeesaffected", "noofemployees", "noofemployeesaffected", "employeesaffected", "affectedemployees",
        "totalaffected", "totalemployeesaffected", "numberofaffectedworkers", "impacted", "workers", "employees", "layoffs",
        "jobslost", "ofemployees", "ofworkers", "laidoffcount", "layoffcount", "layoffscount", "totallayoffs", "totallayoffnumber",
        "layoffnumber", "numlayoffs", "numberoflayoffs", "peoplelaidoff", "employeeslaidoff", "workerslaidoff", "jobscut", "jobcuts",
        "numberofjobs", "numberofjobslost", "jobsaffected", "jobsimpacted", "employeesimpacted", "impactedemployees", "workersimpacted",
        "numberimpacted", "totalimpacted", "affectedcount", "impactedcount",
    ),
    "share": (
        "percentagelaidoff", "percentage", "percent", "share", "percentlaidoff", "laidoffpercentage", "laidoffpercent", "layoffpercentage",
        "workforcepercentage", "percentageofworkforce", "percentofworkforce", "ofworkforce",
    ),
    "reason": ("reason", "layoffreason", "closurelayoff", "layoffclosure", "layofftype", "typeoflayoff", "noticetype", "typecode", "eventtype"),
    "stage": ("stage",),
    "location": ("location", "locationhq", "city", "cityname", "joblocation", "layofflocation", "address", "siteaddress", "region"),
    "county": ("county", "countyname", "countyparish", "parish"),
    # Two notices for one place are told apart by their number, else by their address.
    "notice": ("noticeid", "noticenumber", "noticeno", "warnid", "warnno", "warnnumber", "warnnoticeid", "warnnoticenumber", "warnnoticeno"),
    "site": ("address", "siteaddress", "streetaddress", "companyaddress", "sitename", "facility", "facilityname", "facilityaddress"),
    "source_url": ("sourceurl", "source", "url", "link", "noticeurl"),
}  # fmt: skip
_KNOWN = frozenset(name for names in ALIASES.values() for name in names)
DATES = ("date", "notice_date", "effective_date")


def plain(column: str) -> str:
    """Letters and digits alone, lower case: "# of Employees" becomes "ofemployees"."""
    return re.sub(r"[^a-z0-9]", "", column.lower())


def can_use(column: str) -> bool:
    """Whether a column of this name says anything to `find_columns`."""
    return plain(column) in _KNOWN


def find_columns(columns: Sequence[str], *, unread: Sequence[str] = (), name: str) -> dict[str, str]:
    """Our field → the file's column. Raises InputError that says what was found, also `unread`, and what is needed."""
    by_name = {plain(column): column for column in reversed(columns)}
    found = {
        field: by_name[alias] for field, aliases in ALIASES.items() for alias in reversed(aliases) if alias in by_name
    }
    missing = [] if "company" in found else ["the company (company, employer, business, …)"]
    missing += [] if any(field in found for field in DATES) else ["a date (date, notice date, effective date, …)"]
    if missing:
        has = named([*columns, *unread], known=lambda column: can_use(column) or is_known(column))
        raise InputError(
            f"{name} is no list of announcements: it has no column for {' and '.join(missing)}. It has: {has}."
        )
    return found
