"""A Ray cluster of two nodes on this machine, whose second node can be killed; run in a process of its own."""

from __future__ import annotations

import sys
from typing import Any


def main() -> None:
    """Say the address; then, at each line of stdin: kill the second node, and end."""
    from ray.cluster_utils import Cluster

    # One processor each: two runs at once, one on either node.
    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    print(cluster.address, flush=True)
    sys.stdin.readline()
    cluster.remove_node(second, allow_graceful=False)
    print("killed", flush=True)
    sys.stdin.readline()
    cluster.shutdown()


if __name__ == "__main__":
    main()
