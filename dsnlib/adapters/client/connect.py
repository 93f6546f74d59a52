"""From an address to a connection, over asyncio."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from dsnlib.adapters.client.channel import Channel
from dsnlib.adapters.client.losses import why_lost
from dsnlib.adapters.client.tls.handshake import explain, plan_handshake
from dsnlib.adapters.client.trouble import make_trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.adapters.client.place import ServerPlace
    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.client.tls.handshake import Handshake
    from dsnlib.adapters.client.tls.policy import TlsPolicy

__all__ = ["connect"]


async def connect(
    place: ServerPlace,
    settings: ClientSettings,
    policy: TlsPolicy,
    observe: Callable[[str, str], None] | None = None,
) -> Channel:
    """Return a connection, encrypted if the policy says that TLS begins with it.

    Args:
        place: The server.
        settings: How long it may take, and from which address.
        policy: How it is encrypted.
        observe: Hears what is said.

    Raises:
        Trouble: There is none.
    """
    handshake = plan_handshake(policy, place) if policy.is_implicit else None
    channel = Channel(place, transfer_seconds=settings.timeouts.data_xfer, observe=observe)
    try:
        async with asyncio.timeout(settings.timeouts.connect):
            await _begin(channel, place, settings, handshake)
        if handshake is not None:
            channel.look_at(handshake)
    except (ssl.SSLError, ssl.CertificateError) as error:
        channel.close()
        text = f"TLS with {place} has failed: {explain(error)}"
        raise make_trouble("4.7.5", text, command="STARTTLS", place=place) from error
    except (OSError, UnicodeError) as error:
        channel.close()
        text = f"{place}: {why_lost(error)}"
        raise make_trouble("4.4.1", text, command="connect") from error
    except BaseException:
        channel.close()
        raise
    return channel


async def _begin(
    channel: Channel, place: ServerPlace, settings: ClientSettings, handshake: Handshake | None
) -> None:
    loop = asyncio.get_running_loop()
    if place.port is None:
        await loop.create_unix_connection(lambda: channel, place.address)
        return
    await loop.create_connection(
        lambda: channel,
        place.address,
        place.port,
        ssl=None if handshake is None else handshake.context,
        # An empty name is none; without one asyncio takes the address for it.
        server_hostname=None if handshake is None else handshake.server_name or "",
        local_addr=settings.local_address(place.address),
    )
