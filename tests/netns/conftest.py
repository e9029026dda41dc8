# SPDX-License-Identifier: MIT
"""A lease that is renewed every second, for the tests that watch the address meanwhile."""

import pytest
from renewals import Renewals


@pytest.fixture
def renewals(transcripts):
    with Renewals(transcripts) as renewals:
        yield renewals
