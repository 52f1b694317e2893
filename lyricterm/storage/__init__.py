"""Kept runs: a folder each, with the recipe, the curve, the samples and the checkpoint. No tensors, no screen."""
