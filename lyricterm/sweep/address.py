"""Whether a Ray cluster listens at an address, found out in seconds: Ray itself would wait for minutes, or for ever."""

from __future__ import annotations

import os
import socket

from lyricterm.core.errors import SweepError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import AUTO

_CLIENT = "ray://"
_KNOCK_SECONDS = 10.0
_CLUSTER_CALL, _CLIENT_CALL = "/ray.rpc.NodeInfoGcsService/CheckAlive", "/ray.rpc.RayletDriver/ClusterInfo"
"""Calls that every Ray of the last years answers, at HOST:PORT and at ray://HOST:PORT."""


def is_for_clients(address: str) -> bool:
    """Whether a cluster is joined from outside, through a server of its own."""
    return address.startswith(_CLIENT)


def knock(address: str) -> None:
    """Return if Ray listens at ``auto``, ``HOST:PORT`` or ``ray://HOST:PORT``.

    Raises:
        OSError: if nobody listens there.
        ValueError: if that is no address.
        SweepError: if something else than Ray listens there.
    """
    if address == AUTO:
        # Ray takes this before it looks for a cluster of this machine, which it does quickly.
        address = os.environ.get("RAY_ADDRESS", AUTO)
    if address == AUTO:
        return
    target = address.removeprefix(_CLIENT)
    host, colon, port = target.rpartition(":")
    if not (colon and host and port.isdecimal()):
        raise ValueError(address)
    socket.create_connection((host.strip("[]"), int(port)), _KNOCK_SECONDS).close()
    if not _is_ray(target, _CLIENT_CALL if is_for_clients(address) else _CLUSTER_CALL):
        sentence = _(
            "{address} answers, but not as a Ray cluster: give HOST:6379 or ray://HOST:10001, as ray start prints it."
        )
        raise SweepError(sentence.format(address=one_line(address)[:60]))


def _is_ray(target: str, call: str) -> bool:
    """Whether HOST:PORT knows the call; what it answers to an empty request does not matter."""
    if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
        # Its certificates are Ray's business.
        return True
    import grpc

    unknown = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            channel.unary_unary(call)(b"", timeout=_KNOCK_SECONDS)
        except grpc.RpcError as error:
            return error.code() not in unknown
    return True
