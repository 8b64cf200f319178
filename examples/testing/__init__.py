"""What the tests of the Python examples share: a private PostgreSQL, and the processes of an example."""
