"""The numbers: corpus, sampling, model, backpropagation through time, training, completion. No screen."""

import os

# Both must stand before the first import of torch.
# Threads that wait for each other may spin for some microseconds, which two idle cores need to be any use,
# but not for long: without a bound a minibatch takes thirty times as long beside other busy programs.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# Matrix products that add in the same order whatever the number of threads, so that a run's losses do not
# depend on it. It also holds without this variable, but only for some shapes.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
