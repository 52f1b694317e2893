"""Matrix products on a CPU: which of the libraries in torch multiplies a shape, found by a probe on this machine.

``routes`` are the ways to multiply, ``probe`` tries them, ``probe_cache`` keeps what was found, ``choices`` decides.
"""
