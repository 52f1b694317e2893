"""The text that is learnt from: finding, unpacking, decoding, reading and cleaning it. No torch, no screen."""
