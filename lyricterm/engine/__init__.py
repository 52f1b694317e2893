"""The numbers: corpus, sampling, model, backpropagation through time, training, completion. No screen."""

import gc
import os

# Both must stand before the first import of torch.
# Threads that wait for each other may spin for a while, which two idle cores need to be any use (with a fifth of
# this an epoch takes a tenth longer), but not for long: they would keep the cores from other busy programs.
os.environ.setdefault("GOMP_SPINCOUNT", "50000")
# Matrix products that add in the same order whatever the number of threads, so that a run's losses do not
# depend on it. It also holds without this variable, but only for some shapes.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")

# An import makes hardly any garbage. To look for it takes a tenth as long again as torch's import, with pauses of up to
# 0.1 s for the screen; what it brought in is never garbage.
_collects = gc.isenabled()
gc.disable()
import torch as torch  # noqa: E402

gc.freeze()
if _collects:
    gc.enable()
