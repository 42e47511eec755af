"""One market: every order type, what is armed, its states. Pure; it moves no money."""

from matching.matcher.placing import Matcher

__all__ = ["Matcher"]
