"""Days as a source writes them, by a form such as `DD/MM/YYYY`."""

from __future__ import annotations

import re
from dataclasses import dataclass

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_PARTS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MM": r"(?P<month>[0-9]{1,2})",
    "MON": r"(?P<name>[A-Za-z]{3})",
    "DD": r"(?P<day>[0-9]{1,2})",
}


@dataclass(frozen=True, slots=True)
class DateForm:
    """A way to write days.

    Args:
        text: as the mapping has it.
        pattern: what a day so written matches.
    """

    text: str
    pattern: re.Pattern[str]

    def iso(self, text: str) -> str | None:
        """Return a day as 2021-09-30, None if the text is not of the form."""
        found = self.pattern.fullmatch(text.strip())
        if found is None:
            return None
        parts = found.groupdict()
        month = parts.get("month")
        if month is None:
            name = parts["name"].upper()
            if name not in MONTHS:
                return None
            month = str(MONTHS.index(name) + 1)
        return f"{parts['year']}-{month:>02}-{parts['day']:>02}"


def date_form(text: str) -> DateForm | None:
    """Return the form that a text describes; None unless year, month and day stand in it once each."""
    words = re.findall(r"YYYY|MON|MM|DD|[A-Za-z]+|[^A-Za-z]+", text)
    parts = [word for word in words if word in _PARTS]
    if sorted("M" if part in ("MM", "MON") else part for part in parts) != ["DD", "M", "YYYY"]:
        return None
    if any(word.isalpha() and word not in _PARTS for word in words):
        return None
    return DateForm(text, re.compile("".join(_PARTS.get(word, re.escape(word)) for word in words)))
