"""Named points at which a test may kill this process, to prove that nothing is lost."""

import os
import signal
from typing import Final

#: The name of the point to die at, from the environment; empty in every normal run.
_DEADLY: Final = os.environ.get("FAIRBOOK_FAILPOINT", "")


def failpoint(name: str) -> None:
    """Die here, as by SIGKILL, when the environment names this point."""
    if _DEADLY and name == _DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
