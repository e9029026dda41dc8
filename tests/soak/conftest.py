# SPDX-License-Identifier: MIT
"""All selected scenarios begin together; each test waits for its own."""

import scenarios as known
import pytest


@pytest.fixture(scope="session")
def scenarios(request, tmp_path_factory):
    wanted = {item.callspec.params["name"] for item in request.session.items if hasattr(item, "callspec")}
    running = {}
    try:
        for name in sorted(wanted):
            running[name] = known.ALL[name](str(tmp_path_factory.mktemp(name)))
        yield running
    finally:
        for scenario in running.values():
            scenario.close()
