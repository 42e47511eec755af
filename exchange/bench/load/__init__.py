"""The load: a process of its own that speaks HTTP to the server as any client does."""
