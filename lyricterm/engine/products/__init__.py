"""Matrix products: what multiplies a shape, found by a probe on this machine.

``routes`` are the ways to multiply (``triton_route`` and ``triton_kernel`` are ours for a GPU), ``probe`` and
``gpu_probe`` try them, ``probe_cache`` keeps what was found, ``choices`` decides.
"""
