"""Build the teaching page, and the server that offers it."""
