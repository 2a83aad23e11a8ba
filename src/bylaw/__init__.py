"""A declarative policy engine for university regulations."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("bylaw")
except PackageNotFoundError:  # a source tree that is not installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
