"""The numbers: corpus, sampling, model, backpropagation through time, training, completion. No screen."""
