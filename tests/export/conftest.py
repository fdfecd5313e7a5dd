"""The bundled newsroom's two nights are those of reading."""

from read.conftest import nights

__all__ = ["nights"]
