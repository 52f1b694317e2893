"""The numbers: corpus, sampling, model, backpropagation through time, training, completion. No screen."""

import os

# Both must stand before the first import of torch.
# Threads that spin while they wait for each other make a minibatch thirty times slower as soon as anything
# else uses a core; threads that sleep do not.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Matrix products that add in the same order whatever the number of threads, so that a run's losses do not
# depend on it. It also holds without this variable, but only for some shapes.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
