"""The embedded servers and `make up`, as real processes that are really killed."""
