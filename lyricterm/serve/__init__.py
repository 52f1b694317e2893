"""The lab in browsers: a web server, and one process a visitor."""
