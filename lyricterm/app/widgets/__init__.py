"""The widgets of the studio; each shows what it is given and holds nothing."""
