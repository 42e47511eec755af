"""What the embedded servers refuse, in words for the person at the terminal."""


class EmbeddedServersError(RuntimeError):
    """The servers cannot run here; the message says why and what to do about it."""


class UnsafeDurabilityError(EmbeddedServersError):
    """PostgreSQL would acknowledge a commit that a power cut can take back."""
