"""The translate room: articles get their English, and every text says who translated it.

Termbase for sections and keywords, then the exact memory, then the engines; what none of them answers is `pending`.
"""

from newswire.translate.articles import TranslateResult, translate
from newswire.translate.engines import Engine, engine_from, engines_from
from newswire.translate.tmx import read_tmx, write_tmx

__all__ = ["Engine", "TranslateResult", "engine_from", "engines_from", "read_tmx", "translate", "write_tmx"]
