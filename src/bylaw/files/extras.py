"""Libraries that only some sources need: imported when one is opened, and named when one is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bylaw.errors import UsageError


def need(module: str, extra: str, what: str) -> Any:
    """Import a module of an optional library.

    Args:
        module: its name, with dots.
        extra: the extra of bylaw that installs it.
        what: what it is needed for, in the plural: `XLSX files`.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise UsageError(
            f"{what} need the library `{package}`, which is not installed", f"pip install 'bylaw[{extra}]'"
        ) from None
