# SPDX-License-Identifier: MIT
"""Memory and descriptors of netd stay flat, and it serves again when it can."""

import pytest
import scenarios as known


@pytest.mark.parametrize("name", sorted(known.ALL))
def test_flat(scenarios, name):
    vitals = scenarios[name].result()
    assert len(vitals.samples) > known.SECONDS / 10
    vitals.check_samples()


@pytest.mark.parametrize("name", ["refusals"])
def test_no_storm(scenarios, name):
    """A server that always refuses is asked again and again, but seldom."""
    scenario = scenarios[name]
    scenario.result()
    assert len(scenario.server.seen) <= 2 * (known.WARM_UP + known.SECONDS)
