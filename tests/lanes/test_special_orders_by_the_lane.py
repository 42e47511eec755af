"""What orders/tests/test_api_special_orders.py says holds by the fast lane too."""

import pytest

from orders.tests.test_api_special_orders import *  # noqa: F403

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("by_the_lane")]
