"""Many runs over a choice of settings, on the cores of one machine or over a cluster (Ray Tune)."""
