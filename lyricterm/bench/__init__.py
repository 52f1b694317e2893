"""``lyricterm bench``: how fast it is, beside the chapter's way, ``torch.nn.RNN`` and the bare matrix products."""
