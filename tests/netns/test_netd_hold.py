# SPDX-License-Identifier: MIT
"""An address that a server goes on giving stays where it is."""

import pytest


@pytest.mark.slow
def test_hundred_renewals(renewals):
    renewals.wait(100)
    renewals.use_connection()
    assert renewals.removals() == []
    assert renewals.discoveries() == 1
