# SPDX-License-Identifier: MIT
"""A hundred renewals take as many seconds, most of them spent waiting: they begin before all else, and the other workers go on."""

import pytest
from renewals import Renewals


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "renewals" not in item.fixturenames)


@pytest.fixture
def renewals(transcripts):
    with Renewals(transcripts) as renewals:
        yield renewals
