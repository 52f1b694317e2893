"""What every other room may import: settings, events, words, paths. Standard library and platformdirs only."""
