"""Foreign files, mutated by the thousand."""
