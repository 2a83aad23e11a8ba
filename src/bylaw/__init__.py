"""A declarative policy engine for university regulations."""

from __future__ import annotations

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for, which no decision needs."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("bylaw")
    except PackageNotFoundError:  # a source tree that is not installed
        return "0+unknown"
