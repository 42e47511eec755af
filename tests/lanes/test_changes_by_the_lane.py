"""What orders/tests/test_api_changes.py says holds by the fast lane too."""

import pytest

from orders.tests.test_api_changes import *  # noqa: F403

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("by_the_lane", "engine_at_work")]
