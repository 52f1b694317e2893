"""A Ray cluster of two nodes on this machine, whose second node can be killed; run in a process of its own."""

from __future__ import annotations

import contextlib
import random
import socket
import sys
from typing import Any

_PORTS = range(21_000, 30_000)
"""Beyond those of Ray's workers (10002 to 19999), below those that the system gives to anybody."""


def _free_port() -> int:
    """Nobody listens there."""
    while True:
        port = random.choice(_PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def main() -> None:
    """Say the addresses, the second for clients; then, at each line of stdin: kill the second node, and end."""
    from ray.cluster_utils import Cluster

    # One processor each: two runs at once, one on either node.
    port = _free_port()
    head = {"num_cpus": 1, "include_dashboard": False, "ray_client_server_port": port}
    cluster: Any = Cluster(initialize_head=True, head_node_args=head)
    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    print(cluster.address, f"ray://127.0.0.1:{port}", flush=True)
    sys.stdin.readline()
    cluster.remove_node(second, allow_graceful=False)
    print("killed", flush=True)
    sys.stdin.readline()
    cluster.shutdown()


if __name__ == "__main__":
    main()
