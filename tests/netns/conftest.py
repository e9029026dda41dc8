# SPDX-License-Identifier: MIT
"""What must begin before the first test: a hundred renewals take as many seconds, and go on beside the others."""

import pytest
from renewals import Renewals

_HUNDRED_RENEWALS = "test_hundred_renewals"


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.name == _HUNDRED_RENEWALS)


@pytest.fixture(scope="session", autouse=True)
def renewals(request, tmp_path_factory):
    if not any(item.name == _HUNDRED_RENEWALS for item in request.session.items):
        yield None
        return
    with Renewals(tmp_path_factory.mktemp("renewals")) as renewals:
        yield renewals
