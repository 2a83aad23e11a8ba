"""Self-contained HTML pages: their templates, and text from records made safe in them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

_LETTER = r"\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
_RIGHT_TO_LEFT = re.compile(rf"[{_LETTER}](?:[{_LETTER}\s\d.,:/-]*[{_LETTER}\d])?")
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@cache
def template(name: str) -> Template:
    """Return a template of the package."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["told"] = told
    return environment.get_template(name)


def safe_text(text: str) -> str:
    """Return a text without what would steer whoever shows it."""
    return _STEERING.sub("\ufffd", text)


def told(text: str) -> Markup:
    """Escape a text for HTML and set what runs from right to left apart, so that it moves nothing else."""
    from markupsafe import Markup, escape

    parts: list[Markup] = []
    last = 0
    text = safe_text(text)
    for found in _RIGHT_TO_LEFT.finditer(text):
        parts += [escape(text[last : found.start()]), Markup('<bdi dir="rtl">{}</bdi>').format(found[0])]
        last = found.end()
    return Markup("").join([*parts, escape(text[last:])])
