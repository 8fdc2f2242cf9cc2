"""What the project claims about speed, measured: run by `make bench`, never by the tests."""
