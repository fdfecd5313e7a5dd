"""What fetching needs of the world besides time: names, sockets, pauses and chance. A test brings its own."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp.abc import AbstractResolver


@dataclass(frozen=True, slots=True)
class Network:
    """`resolver` None is the system's. `chance` gives a number from 0 to 1."""

    resolver: AbstractResolver | None = None
    make_socket: Callable[..., socket.socket] = socket.socket
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = random.random
